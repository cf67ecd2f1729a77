"""Brings a folder to a site, going on where an earlier run stopped; run again, it sends only what changed."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalogue.exchange.dossier import Pair
from catalogue.paths import STUDY
from catalogue.rules.rembi import BY_PLURAL
from client import sets
from client.checking import Looked, Tell
from client.folder import Entry
from client.memory import Memory
from client.site import Site
from client.trouble import Trouble
from client.uploads import send_entry

POLL_SECONDS = 1.0
PARALLEL = 3
OPEN = ("draft", "returned")


@dataclass(frozen=True)
class Wanted:
    """How to deposit. `study`: the id of one to go on with; `overwrite`: replace metadata that changed on the site;
    `together`: make one image of files that look like one."""

    study: str = ""
    in_place: bool = False
    submit: bool = False
    overwrite: bool = False
    together: bool = False


@dataclass(frozen=True)
class Deposited:
    study: str
    page: str
    sent: int  # entries
    there: int  # entries that had arrived before
    findings: list[dict[str, Any]]
    failed: list[tuple[str, str]]  # files that the site could not read, and why
    submitted: bool
    sets: list[str]  # files that were put together to one image each
    offered: list[str]  # files that look like one, and are not put together


def deposit(site: Site, looked: Looked, wanted: Wanted, tell: Tell, say: Callable[[str], None]) -> Deposited:
    """Metadata, files, components and, if wished, submission. Raises Trouble; what has arrived by then is safe."""
    memory = Memory(looked.top, site.address)
    _choose_study(site, memory, wanted)
    stored = _send_document(site, memory, looked, wanted, say)
    if wanted.in_place:
        sent = _register(site, memory, looked)
    else:
        sent = send_files(site, memory, looked.entries, tell, say)
    failed = wait_until_read(site, memory.study, tell)
    _assign(site, memory.study, looked, [row["id"] for row in stored["components"]])
    _give_pairs(site, memory.study, looked, stored)
    made: list[sets.Offer] = []
    if wanted.together:
        made = sets.put_together(site, memory.study, lambda: wait_until_read(site, memory.study, tell))
        failed = wait_until_read(site, memory.study, tell) if made else failed
    left = [str(one) for one in sets.offered(site, memory.study) if one not in made]
    memory.stands_at(site.study(memory.study)["revision"])
    findings = site.findings(memory.study)
    if wanted.submit:
        site.submit(memory.study)
    there = len(looked.entries) - sent
    page = site.page_of(memory.study)
    return Deposited(memory.study, page, sent, there, findings, failed, wanted.submit, [*map(str, made)], left)


def _choose_study(site: Site, memory: Memory, wanted: Wanted) -> None:
    """The study of an earlier run, the one named, or a new draft."""
    if wanted.study and memory.study != wanted.study:
        memory.begin(wanted.study)
    if memory.study:
        try:
            state = site.study(memory.study)["state"]
        except Trouble as trouble:
            if wanted.study or trouble.status != 404:
                raise
            memory.begin("")  # it was deleted on the site
        else:
            if state not in OPEN:
                said = state.replace("_", " ")
                raise Trouble(f"The study cannot be changed now: it is {said}. See {site.page_of(memory.study)}")
    if not memory.study:
        memory.begin(site.start_study())


def _send_document(
    site: Site, memory: Memory, looked: Looked, wanted: Wanted, say: Callable[[str], None]
) -> dict[str, Any]:
    """The document as it is on the site; its rows are in the order of the folder's document."""
    text = json.dumps(looked.filled, sort_keys=True, default=str)
    digest = hashlib.sha256(text.encode()).hexdigest()
    revision = site.study(memory.study)["revision"]
    if digest != memory.document and looked.filled:
        if memory.document and revision != memory.revision and not wanted.overwrite:
            raise Trouble(
                "The metadata was changed on the site since it was last sent from here. Copy those changes into the "
                "document of this folder, then use --overwrite to replace what is on the site."
            )
        if wanted.study and not memory.document and not wanted.overwrite and _is_filled(site.document(memory.study)):
            raise Trouble(
                "This study has metadata on the site. Use --overwrite to replace it by this folder's document."
            )
        stored = site.replace_document(memory.study, looked.filled)
        memory.sent_document(digest)
        memory.stands_at(site.study(memory.study)["revision"])
        say("The metadata is on the site.")
    else:
        stored = site.document(memory.study)
    return stored


def _is_filled(document: dict[str, Any]) -> bool:
    return any(part for name, part in document.items() if name != "study") or bool(document["study"].get("title"))


def send_files(
    site: Site, memory: Memory, entries: Iterable[Entry], tell: Tell, say: Callable[[str], None] = lambda _: None
) -> int:
    """Upload what has not arrived as it is now; how many that were. Raises Trouble, after all others have been sent."""
    there = {file["path"]: file for file in site.files(memory.study)}
    waiting = [entry for entry in entries if not _has_arrived(memory, entry, there)]
    for entry in waiting:
        if (file := there.get(entry.path)) is not None:
            say(f"{entry.path} has changed and is sent anew.")
            site.remove_file(memory.study, file["id"])
    total = sum(entry.print()[0] for entry in waiting)
    done = 0
    troubles: list[tuple[str, str]] = []

    def count(more: int) -> None:
        nonlocal done
        done += more
        tell("Uploading", min(done, total), total)

    with ThreadPoolExecutor(PARALLEL) as pool:
        running = {pool.submit(_send, site, memory, entry, count): entry for entry in waiting}
        try:
            for finished in as_completed(running):
                try:
                    finished.result()
                except Trouble as trouble:
                    troubles.append((running[finished].path, trouble.message))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if troubles:
        raise Trouble(
            f"{len(troubles)} of {len(waiting)} could not be sent; the others have arrived.", details=troubles
        )
    return len(waiting)


def _send(site: Site, memory: Memory, entry: Entry, count: Callable[[int], None]) -> None:
    before = entry.print()
    send_entry(site, memory, entry, count)
    if entry.print() != before:
        raise Trouble(f"{entry.path} changed while it was sent. Run it again once the file is finished.")
    memory.has_arrived(entry.path, before)


def _has_arrived(memory: Memory, entry: Entry, there: dict[str, Any]) -> bool:
    """Whether the site has the file as it is here: by what this machine remembers, or by its bytes."""
    file = there.get(entry.path)
    if file is None:
        return False
    print_ = entry.print()
    if (known := memory.arrived(entry.path)) is not None:
        return known == print_
    if entry.is_folder or file["bytes"] != print_[0] or file["sha256"] != _sha256(entry.place):
        return False
    memory.has_arrived(entry.path, print_)
    return True


def _sha256(place: Path) -> str:
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _register(site: Site, memory: Memory, looked: Looked) -> int:
    """Where the site sees the same folders as this machine."""
    there = {file["path"] for file in site.files(memory.study)}
    names = dict.fromkeys(entry.path.partition("/")[0] for entry in looked.entries if entry.path not in there)
    return sum(len(site.register(memory.study, str(looked.top / name))) for name in names)


def wait_until_read(site: Site, study: str, tell: Tell) -> list[tuple[str, str]]:
    """Once the site has read every file: those that it could not, each with the reason."""
    while True:
        files = list(site.files(study))
        waiting = sum(file["state"] == "arrived" for file in files)
        tell("Reading on the site", len(files) - waiting, len(files))
        if not waiting:
            return [(file["path"], file["problem"]) for file in files if file["state"] == "failed"]
        time.sleep(POLL_SECONDS)


def _assign(site: Site, study: str, looked: Looked, components: list[str]) -> None:
    by_component: dict[str, list[str]] = {}
    for file in site.files(study):
        number = looked.component_of.get(file["path"])
        if number is not None and number < len(components) and file["component"] != components[number]:
            by_component.setdefault(components[number], []).append(file["id"])
    for component, files in by_component.items():
        site.assign(study, files, component)


def _give_pairs(site: Site, study: str, looked: Looked, stored: dict[str, Any]) -> None:
    """What the folder's document says of rows and files beside the fields."""
    ids = {STUDY: (STUDY, study)}
    for plural, module in BY_PLURAL.items():
        if module.repeated:
            pairs = zip(looked.filled.get(plural) or (), stored[plural], strict=False)
            ids |= {f"{module.key}/{here['id']}": (module.key, there["id"]) for here, there in pairs}
    items = [_item(*ids[entity], pairs) for entity, pairs in looked.dossier.pairs.items() if entity in ids and pairs]
    lines = {line.path: line.pairs for line in looked.dossier.files if line.pairs}
    if lines:
        items += [_item("file", file["id"], lines[file["path"]]) for file in site.files(study) if file["path"] in lines]
    site.give_key_values(study, items)


def _item(entity: str, id_: str, pairs: Iterable[Pair]) -> dict[str, Any]:
    return {"entity": entity, "id": id_, "pairs": [vars(pair) for pair in pairs]}
