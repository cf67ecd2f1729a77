"""The job `read-file`: what a file says becomes rows at once; its checksum follows."""

import logging
from dataclasses import asdict, replace
from pathlib import Path
from uuid import UUID

from django.db import transaction

from base.errors import Archived, DomainError
from base.jobs import MAX_ATTEMPTS, Cancelled, ClaimLost, Progress
from base.models import StoredFile
from base.storage import path_of, require_at_hand
from base.tiers.moves import recall
from catalogue import needs
from catalogue.files import was_published
from catalogue.models import File, Image
from catalogue.reading.hashing import hash_stored
from catalogue.reading.labels import prepare_labels
from catalogue.reading.prepare import Prepared, forget, prepare
from catalogue.reading.rows import release, write_rows
from catalogue.reading.staging import families_of, files_at, staged
from catalogue.reading.suggestions import suggest
from catalogue.rules.files import is_image, media_type_of, packed_warning, unsupported_warning
from imaging import limited
from imaging.errors import ImageError
from imaging.facts import FileFacts
from imaging.identifying import blocking

log = logging.getLogger(__name__)


def read_file(progress: Progress) -> None:
    """Read and hash the file named in the payload; a file that was removed meanwhile is left alone."""
    file = File.objects.select_related("stored", "study").filter(pk=UUID(progress.payload["file"])).first()
    if file is None:
        return
    if progress.job.attempts >= MAX_ATTEMPTS:  # should this worker be killed as well, the file says so
        _fail(file, "file", f"could not be read: the worker that read it was stopped {MAX_ATTEMPTS} times.", keep=True)
    try:
        if file.state == File.State.ARRIVED:  # what is known of its set is asked of the archive together
            parts = files_at(file, list(file.needs.values_list("path", flat=True)))
            require_at_hand([file.stored, *(part.stored for part in parts)])
        place = path_of(file.stored)
        if file.state == File.State.ARRIVED:
            _read(file, place, progress)
        if not file.stored.sha256:
            hash_stored(file.stored, progress)
    except ImageError as error:
        log.info("%s could not be read: %s (%s)", file.path, error, error.path)
        _fail(file, error.field, error.reason)
    except Archived as error:
        recall(error.stored)
        _fail(file, "file", f"{error} This is being fetched: read the file again when it is here.", keep=True)
    except DomainError as error:
        _fail(file, error.field or "file", str(error))
    except OSError as error:
        log.warning("%s could not be read", file.path, exc_info=True)
        _fail(file, "file", f"cannot be read ({error.strerror or error}).")
    except ClaimLost:
        raise
    except Cancelled:
        _fail(file, "file", "was not read, since that was cancelled. Read it again, or remove it.", keep=True)
        raise
    except Exception:
        _fail(
            file, "file", f"could not be read through a fault of the site; the log tells more under {progress.job.pk}."
        )
        raise


def _read(file: File, place: Path, progress: Progress) -> None:
    if not is_image(place, file.path.rpartition("/")[2]):
        _keep_plain(file, place)
        return
    if needs.owner_of(file):
        _keep_part(file, place)
        return
    progress.report(0, 0, f"Reading {file.path}")
    with staged(file, place) as stage:
        facts = limited.read_facts(stage.path)
        while stage.add(facts.beside):
            facts = limited.read_facts(stage.path)
        stage.keep(facts.beside)
        prepared = prepare(file, stage, facts, progress)
        facts = replace(facts, warnings=(*facts.warnings, *prepare_labels(stage.path, facts, prepared)))
        progress.flush()
        _keep_read(file, facts, prepared, stage.parts)
    forget(file, delete=False)
    needs.look_again(file, [part.path for part in stage.parts.values()])


def _keep_part(file: File, place: Path) -> None:
    """Keep a file as a part of another's image; but what in it may tell who a patient is belongs to itself."""
    try:
        findings = limited.read_facts(place).findings
    except ImageError:  # by itself it may be no image at all
        findings = ()
    with transaction.atomic():
        release(file.study, [file])
        identifying = bool(blocking(findings, harmless=bool(file.harmless)))
        File.objects.filter(pk=file.pk, stored=file.stored_id).update(
            findings=[asdict(one) for one in findings], is_identifying=identifying
        )


@transaction.atomic
def _keep_read(file: File, facts: FileFacts, prepared: list[Prepared], parts: dict[str, File]) -> None:
    found = File.objects.select_for_update(of=("self",)).select_related("study")
    row = found.filter(pk=file.pk, stored=file.stored_id).first()
    if row is None:  # removed or replaced while it was read
        return
    file.component = row.component
    if not _is_published_as_it_is(file, prepared):
        write_rows(file, facts, prepared, parts)
        suggest(file, facts)
    _keep_needs(file, facts, prepared, parts)
    file.state, file.problem_field, file.problem = File.State.READ, "", ""
    file.format, file.warnings = facts.format[:100], "\n".join(facts.warnings)
    file.findings = [asdict(one) for one in facts.findings]
    file.is_identifying = bool(blocking(facts.findings, harmless=bool(row.harmless)))
    told = ["findings", "is_identifying"]
    file.save(update_fields=["state", "problem_field", "problem", "format", "warnings", *told])
    StoredFile.objects.filter(pk=file.stored_id).update(media_type=facts.format[:100])


def _keep_needs(file: File, facts: FileFacts, prepared: list[Prepared], parts: dict[str, File]) -> None:
    """Note what the file's images are made of; what is nothing without it becomes a part of them."""
    before = file.path[: len(file.path) - len(file.path.rpartition("/")[2])]
    names = facts.beside or [name for one in prepared for name in one.part_names]
    owns = any(family.owns for family in families_of(file.path))
    needs.note(file, [before + name for name in names], owns=owns)
    if owns and prepared:
        named = [parts[name] for name in names if name in parts]  # others were only laid beside it, by their names
        release(file.study, [part for part in named if part.state != File.State.PART])


def _is_published_as_it_is(file: File, prepared: list[Prepared]) -> bool:
    """Whether a published version shows these very images: then their rows do not change."""
    if not was_published(file.study, file):
        return False
    there = Image.objects.filter(image_files__file=file, image_files__is_part=False).values_list("pk", flat=True)
    return bool(prepared) and {one.image_id for one in prepared} == set(there)


@transaction.atomic
def _keep_plain(file: File, place: Path) -> None:
    name = file.path.rpartition("/")[2]
    warning = unsupported_warning(name) or packed_warning(place, name)
    if not warning and place.is_file() and place.stat().st_size == 0:
        warning = f"{name} is empty (0 bytes)."
    media_type = media_type_of(name)
    file.state, file.problem_field, file.problem = File.State.PLAIN, "", ""
    file.format, file.warnings = media_type, warning
    file.save(update_fields=["state", "problem_field", "problem", "format", "warnings"])
    StoredFile.objects.filter(pk=file.stored_id).update(media_type=media_type)


def _fail(file: File, field: str, reason: str, *, keep: bool = False) -> None:
    """Say at the file what is wrong with it; rows of an earlier reading stay, and half-made things go unless `keep`."""
    if not keep:
        forget(file, delete=True)
    File.objects.filter(pk=file.pk).update(
        state=File.State.FAILED, problem_field=field[:200].replace("\0", ""), problem=reason.replace("\0", "")
    )
