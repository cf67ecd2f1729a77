"""Files given for an import: kept with the study, looked at, and taken over once a person has said so.

What is small is looked at and taken over at once, anything else by the jobs `look-at-import` and `apply-import`.
"""

import dataclasses
import json
import logging
import uuid
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from base import jobs, storage
from base.errors import Conflict, DomainError, Invalid, NotFound, TooLarge
from base.jobs import ClaimLost, Progress
from base.models import Job, StoredFile
from catalogue.access import Actor, Verb, study_for
from catalogue.exchange import archives, file_list
from catalogue.exchange.dossier import CannotRead, Files, Imported, Place, Remark, Weight
from catalogue.exchange.formats import FORMATS, Format, format_of
from catalogue.exchange.merge import Mode
from catalogue.models import File, Import
from catalogue.services import importing
from ontology.queries import Wanted, map_terms

log = logging.getLogger(__name__)

LOOK, APPLY = "look-at-import", "apply-import"
AT_ONCE = 256 * 1024  # bytes of input that are looked at within a request
MAX_BYTES = 500 * 2**20
MAX_FILES = 2000
SHOWN = 500  # changes, and remarks, that a report holds
_VALUE = 1000  # characters of a value in a report
State = Import.State


def receive(
    *, actor: Actor, study_id: uuid.UUID, files: Mapping[str, Iterable[bytes]], format: str = "", mode: str = ""
) -> Import:
    """Keep the files, find their format unless it is named, and look at them.

    Raises Invalid if there is none, or no format takes them; TooLarge.
    """
    study = study_for(actor, Verb.EDIT, study_id)
    row = Import(study=study, created_by=actor.person, mode=_mode(mode or Mode.UPDATE))
    if not files:
        raise Invalid("Choose at least one file.", field="file")
    try:
        _keep(row, files)
        row.format = _format(format, row)
        row.mapping = _mapping_before(row) if is_list(row) else {}
        row.save()
    except BaseException:
        _delete_files(row.pk)
        raise
    return look(row)


def change(
    *, actor: Actor, import_id: uuid.UUID, mode: str, accepted: Collection[str] = (), mapping: Any = None
) -> Import:
    """Look again with other choices: how it is merged, which repairs are accepted, what the columns are."""
    row = import_for(actor, Verb.EDIT, import_id)
    if row.state in {State.LOOKING, State.APPLYING}:
        raise Conflict("This import is being worked on; wait until it is done.")
    row.mode, row.accepted = _mode(mode), sorted(set(accepted))
    if mapping is not None:
        row.mapping = mapping
    row.state = State.LOOKING
    row.save()
    return look(row)


def take(*, actor: Actor, import_id: uuid.UUID, digest: str = "") -> Import:
    """Take the import over into the draft, as it was last looked at.

    `digest` is that of the report that was seen. Raises Conflict if the study, or the choices, changed since.
    """
    row = import_for(actor, Verb.EDIT, import_id)
    if row.state not in {State.SEEN, State.APPLIED}:
        raise Conflict("This import was not looked at yet, or could not be read.")
    if digest and digest != row.report.get("digest"):
        raise Conflict("What this import would change is not what you saw: look again, then say yes.")
    row.state = State.APPLYING
    row.save(update_fields=["state"])
    if row.bytes <= AT_ONCE and row.report.get("files", 0) <= importing.LINES:
        _apply(row, actor)
    else:
        jobs.start(APPLY, owner=actor.person, target=row.study_id, payload={"import": str(row.pk)})
    return row


def forget(*, actor: Actor, import_id: uuid.UUID) -> None:
    """Delete the files of an import. What was taken over from them stays."""
    row = import_for(actor, Verb.EDIT, import_id)
    with transaction.atomic():
        transaction.on_commit(partial(_delete_files, row.pk), robust=True)
        row.delete()


def import_for(actor: Actor, verb: Verb, import_id: uuid.UUID) -> Import:
    """The import, once the actor is found to be allowed. Raises as catalogue.access.require does."""
    row = Import.objects.select_related("study").filter(pk=import_id).first()
    if row is None:
        raise NotFound("There is no such import; it may have been removed.")
    study_for(actor, verb, row.study_id)
    return row


def import_of(actor: Actor, verb: Verb, study_id: uuid.UUID, import_id: uuid.UUID) -> Import:
    """As `import_for`, of this study."""
    row = import_for(actor, verb, import_id)
    if row.study_id != study_id:
        raise NotFound("This study has no such import.")
    return row


def files_of(row: Import) -> dict[str, Path]:
    """The files by the names with which they were given."""
    store = storage.storage_for(StoredFile.Backend.STORE)
    return {name: store.local_path(_key(row, number, name)) for number, name in enumerate(row.names)}


def _key(row: Import, number: int, name: str) -> str:
    """Where a file lies in storage; it keeps its ending, by which libraries judge."""
    ending = name.rpartition("/")[2].rpartition(".")[2].lower()
    return f"imports/{row.pk}/{number}.{ending if ending.isascii() and ending.isalnum() else 'bin'}"


def read(row: Import) -> Imported:
    """What the files hold. Raises CannotRead."""
    if is_list(row):
        paths = File.objects.filter(study=row.study_id).order_by("path").values_list("path", flat=True)
        return bound(file_list.read(files_of(row), row.mapping, paths.iterator()), row.mapping)
    reader = format_of(row.format).read
    assert reader is not None  # only formats that can be read are chosen
    return reader(files_of(row))


def is_list(row: Import) -> bool:
    """Whether its columns may be said to be this or that."""
    return row.format == file_list.KEY


def bound(imported: Imported, mapping: Mapping[str, Any]) -> Imported:
    """Give the values of columns that are bound to a vocabulary their terms; one remark names those without."""
    said = mapping.get("columns") or {}
    bindings = {name: role.removeprefix(file_list.BOUND) for name, role in said.items()
                if isinstance(role, str) and role.startswith(file_list.BOUND)}  # fmt: skip
    values = {
        (pair.name, pair.value) for line in imported.dossier.files for pair in line.pairs if pair.name in bindings
    }
    if not values:
        return imported
    wanted = {one: Wanted(one[1], "", bindings[one[0]]) for one in values}
    terms = map_terms(list(wanted.values()))
    curies = {one: terms[asked].curie for one, asked in wanted.items() if asked in terms}
    for line in imported.dossier.files:
        line.pairs = [dataclasses.replace(pair, curie=curies.get((pair.name, pair.value), pair.curie))
                      if pair.name in bindings else pair for pair in line.pairs]  # fmt: skip
    for name in bindings:
        without = sorted(value for column, value in values - curies.keys() if column == name)
        if without:
            message = f"{len(without)} values of “{name}” are no terms and are kept as text: {', '.join(without[:20])}"
            imported.remarks.append(Remark(Weight.NOTE, Place("", column=name), message))
    return imported


def readable() -> list[Format]:
    """The formats from which one may import."""
    return [one for one in FORMATS if one.read is not None]


def find_format(files: Files) -> Format | None:
    """The first format whose files these are."""
    return next((one for one in readable() if one.is_mine is not None and one.is_mine(files)), None)


def look(row: Import) -> Import:
    """Fill the report, here if there is little to read, else by a job."""
    if row.bytes <= AT_ONCE:
        _look(row)
    else:
        jobs.start(LOOK, owner=row.created_by, target=row.study_id, payload={"import": str(row.pk)})
    return row


def look_job(progress: Progress) -> None:
    """The job `look-at-import`."""
    row = _row_of(progress)
    if row is not None:
        progress.report(0, 1, str(row))
        _look(row)
        progress.report(1, 1, str(row))


def apply_job(progress: Progress) -> None:
    """The job `apply-import`: goes on after the last line about a file that was stored."""
    row = _row_of(progress)
    if row is not None and row.state == State.APPLYING:
        _apply(row, Actor(progress.job.owner), progress)


def job_of(row: Import) -> Job | None:
    """The last job that works, or worked, on this import."""
    found = Job.objects.filter(target=row.study_id, kind__in=(LOOK, APPLY), payload__import=str(row.pk))
    return found.order_by("-id").first()


def _row_of(progress: Progress) -> Import | None:
    return Import.objects.select_related("study").filter(pk=progress.payload["import"]).first()


def _look(row: Import) -> None:
    try:
        imported = read(row)
        seen = importing.preview(
            actor=Actor(row.created_by), study_id=row.study_id, imported=imported, mode=Mode(row.mode),
            accepted=row.accepted,
        )  # fmt: skip
        row.report, row.state, row.problem = _report(row, seen), State.SEEN, ""
    except (CannotRead, DomainError) as error:
        row.state, row.problem = State.FAILED, _reason(error)
    except Exception:
        log.exception("import %s (%s) could not be read", row.pk, row.format)
        row.state, row.problem = State.FAILED, (
            "This could not be read through a fault of the site. Nothing was changed; its administrators find the "
            f"details in the log under {row.pk}.")  # fmt: skip
    row.save()


def _apply(row: Import, actor: Actor, progress: Progress | None = None) -> None:
    common: dict[str, Any] = {"actor": actor, "study_id": row.study_id, "accepted": row.accepted}
    try:
        common["imported"] = read(row)
        done = importing.apply_document(**common, mode=Mode(row.mode))
        start = progress.checkpoint.get("lines", 0) if progress else 0
        tell = partial(_tell, progress) if progress else importing.silent
        importing.apply_files(**common, here=done.here, start=start, tell=tell)
    except (CannotRead, DomainError) as error:
        row.state, row.problem = State.FAILED, _reason(error)
        row.save()
        if progress:
            raise DomainError(row.problem) from error
        return
    except ClaimLost:  # another worker goes on with it
        raise
    except Exception:
        row.state = State.SEEN
        row.save(update_fields=["state"])
        raise
    row.state, row.applied_at, row.problem = State.APPLIED, timezone.now(), ""
    row.report |= {"applied": {"changes": done.changes, "files": done.files, "pairs": done.pairs},
                   "notices": [[one.path, one.message] for one in done.notices[:SHOWN]]}  # fmt: skip
    row.save()


def _tell(progress: Progress, done: int, total: int) -> None:
    progress.report(done, total, f"{done} of {total} lines", checkpoint={"lines": done})


def _reason(error: CannotRead | DomainError) -> str:
    where = [error.file] if error.file and error.file not in str(error) else []
    if isinstance(error, CannotRead) and error.row is not None:
        where.append(f"row {error.row}")
    problems = [f"{one.path}: {one.message}" for one in getattr(error, "problems", ())[:20]]
    return "\n".join([f"{', '.join(where)}: {error}" if where else str(error), *problems])


def _report(row: Import, seen: importing.Preview) -> dict[str, Any]:
    order = [Weight.ERROR, Weight.REPAIR, Weight.NOTE]
    remarks = sorted(seen.remarks.items(), key=lambda pair: order.index(pair[1].weight))
    changes = [_plain(dataclasses.asdict(one)) for one in seen.changes[:SHOWN]]
    said = json.dumps(changes)
    listed = {"layout": dataclasses.asdict(file_list.layout(files_of(row), row.mapping))} if is_list(row) else {}
    return {
        **listed,
        "changes": changes,
        "titles": {name: title[:200] for name, title in seen.titles.items() if name.partition("/")[2] in said},
        "change_count": len(seen.changes),
        "remarks": [{"key": key, **_plain(_remark(one))} for key, one in remarks[:SHOWN]],
        "remark_count": len(remarks),
        "errors": seen.errors,
        "files": seen.files,
        "matched": seen.matched,
        "pairs": seen.pairs,
        "digest": seen.digest,
    }


def _remark(one: Remark) -> dict[str, Any]:
    return {**dataclasses.asdict(one), "place": importing.place_in_words(one.place)}


def _plain(value: Any) -> Any:
    """Plain data with long texts cut, as a report shows them."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value[:100]]
    return f"{value[:_VALUE]}…" if isinstance(value, str) and len(value) > _VALUE else value


def _mode(text: str) -> Mode:
    try:
        return Mode(text)
    except ValueError:
        raise Invalid(f"“{text[:40]}” is no way to import: update, fill or replace.", field="mode") from None


def _keep(row: Import, files: Mapping[str, Iterable[bytes]]) -> None:
    """Put the files in storage. A zip that is no format of its own is kept as the files in it."""
    for name, chunks in files.items():
        _put(row, _clean(name), chunks)
    if len(row.names) != 1:
        return
    name, path = row.names[0], files_of(row)[row.names[0]]
    if not name.lower().endswith(".zip") or not archives.is_zip(path) or find_format({name: path}):
        return
    held = path.with_name("packed")
    path.rename(held)
    row.names, row.bytes = [], 0
    try:
        for inner, chunks in archives.contents(held, name):
            _put(row, inner, chunks)
    except CannotRead as error:
        raise Invalid(str(error), field="file", file=name) from error
    finally:
        held.unlink()


def _put(row: Import, name: str, chunks: Iterable[bytes]) -> None:
    if len(row.names) >= MAX_FILES:
        raise TooLarge(f"At most {MAX_FILES} files are taken in one import.", field="file")
    if name in row.names:
        raise Invalid(f"“{name}” is there twice.", field="file", file=name)
    store = storage.storage_for(StoredFile.Backend.STORE)
    row.bytes += store.write(_key(row, len(row.names), name), chunks)
    row.names.append(name)
    if row.bytes > MAX_BYTES:
        raise TooLarge(f"An import has at most {MAX_BYTES} bytes. Upload images as files of the study.", field="file")


def _clean(name: str) -> str:
    shown = "".join(char for char in name.replace("\\", "/") if char.isprintable()).strip("/ ")
    return shown[-300:] or "file"


def _format(key: str, row: Import) -> str:
    files = files_of(row)
    if key:
        if key not in {one.key for one in readable()}:
            raise Invalid(f"There is no format “{key[:40]}” to import from.", field="format")
        return key
    found = find_format(files)
    if found is None:
        known = ", ".join(one.label for one in readable())
        raise Invalid(
            f"It could not be told what kind of file this is. If you know, choose it; there are {known}.",
            field="format", file=row.names[0],
        )  # fmt: skip
    return found.key


def _mapping_before(row: Import) -> dict[str, Any]:
    """What the person said of the columns of the last list with the very same ones."""
    try:
        columns = {one.name for one in file_list.layout(files_of(row), {}).columns}
    except CannotRead:
        return {}
    earlier = Import.objects.filter(created_by=row.created_by, format=row.format).exclude(mapping={})
    mappings: Iterable[dict[str, Any]] = earlier.order_by("-id").values_list("mapping", flat=True)[:20]
    return next((one for one in mappings if set(one.get("columns", ())) == columns), {})


def _delete_files(pk: uuid.UUID) -> None:
    storage.storage_for(StoredFile.Backend.STORE).delete(f"imports/{pk}")
