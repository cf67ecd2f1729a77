"""Loads the demo by the services that people use. Loaded again it adds nothing, and what was cut off is done anew."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from base import audit
from base.models import AuditEvent, User
from catalogue import documents
from catalogue.access import Actor
from catalogue.models import Study
from portal.demo.pixels import MAKERS
from portal.folders import Tell, deposit, discard, look_at, silent
from publishing.services import approve

HERE = Path(__file__).parent
LOADED = "loaded a demo study"  # of the audit log: that it was done, whatever became of the study since
PASSWORD_BYTES = 9


@dataclass(frozen=True)
class Account:
    email: str
    name: str
    is_curator: bool


RESEARCHER = Account("demo-researcher@example.org", "Demo Researcher", False)
CURATOR = Account("demo-curator@example.org", "Demo Curator", True)
STUDIES = (("immunohistochemistry", True), ("retina", True), ("cell", False))  # name, and whether it is published


def load_demo(tell: Tell = silent) -> list[Study]:
    """Make the accounts and the studies that are not there yet; gives the studies made. Raises DomainError, OSError."""
    researcher, curator = accounts()
    done = AuditEvent.objects.filter(verb=LOADED, actor=researcher).values_list("detail__name", flat=True)
    missing = [one for one in STUDIES if one[0] not in set(done)]
    made = []
    for number, (name, is_published) in enumerate(missing):
        tell("Loading demo studies", number, len(missing))
        made.append(_load(name, is_published, Actor(researcher), Actor(curator)))
    if made:
        tell("Loading demo studies", len(made), len(made))
    return made


def accounts_file() -> Path:
    """Where the demo's addresses and passwords are told to whoever runs the site."""
    return Path(settings.DATA) / "demo-accounts.txt"


def accounts() -> list[User]:
    """The demo's researcher and curator. Their random passwords are told in a file; without it they get new ones."""
    file = accounts_file()
    if file.exists():
        passwords = dict(line.split()[-2:] for line in file.read_text().splitlines() if line.strip())
        return [_account(one, passwords.get(one.email), renew=False) for one in (RESEARCHER, CURATOR)]
    passwords = {one.email: secrets.token_urlsafe(PASSWORD_BYTES) for one in (RESEARCHER, CURATOR)}
    with transaction.atomic():  # together with the file: nobody is to have a password that is told nowhere
        people = [_account(one, passwords[one.email], renew=True) for one in (RESEARCHER, CURATOR)]
        part = file.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(
            "".join(f"{one.name:<16} {one.email:<28} {passwords[one.email]}\n" for one in (RESEARCHER, CURATOR))
        )
        part.rename(file)
    return people


def _account(account: Account, password: str | None, *, renew: bool) -> User:
    user = User.objects.filter(email=account.email).first()
    if user is None:
        return User.objects.create_user(account.email, password, name=account.name, is_curator=account.is_curator)
    if renew:
        user.set_password(password)
        user.save(update_fields=["password"])
    return user


def _load(name: str, is_published: bool, researcher: Actor, curator: Actor) -> Study:
    metadata = HERE / f"{name}.yaml"
    document = documents.from_text(metadata.read_text(encoding="utf-8"), file=metadata.name)
    study = _cut_off(researcher, document["study"]["title"])
    if study is None:
        with _pictures(name) as folder:
            found = look_at(folder, document)
            study = deposit(researcher, found, in_place=False, submit=is_published).study
    if study.state == Study.State.IN_REVIEW:
        approve(actor=curator, study_id=study.pk, note="A demonstration study.")
        study.refresh_from_db()
    audit.record(researcher.person, LOADED, study.pk, name=name)
    return study


def _cut_off(researcher: Actor, title: str) -> Study | None:
    """What a load that was stopped left of a study: one that got as far as the curators is gone on with, any other is
    removed."""
    left = Study.objects.filter(owner=researcher.person, title=title, version=1).first()
    if left is not None and left.state == Study.State.DRAFT:
        discard(researcher, left)
        return None
    return left


@contextmanager
def _pictures(name: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="vitrine-demo-") as folder:
        MAKERS[name](Path(folder))
        yield Path(folder)
