"""What the site's commands share: plain errors, progress on a terminal, and finding people and studies by name."""

import os
import signal
import sys
import time
import uuid
from contextlib import suppress
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.db import DatabaseError

from base.errors import DomainError, NotFound
from base.models import User
from catalogue.access import Actor
from catalogue.models import Study

SECONDS_BETWEEN_LINES = 5.0  # of progress, where it is no terminal
UNUSABLE = 2  # exit status of a command that could not be done; 1 is check_study's answer


class PlainCommand(BaseCommand):
    """A command whose failures are sentences: no traceback for what a person can mend, and Ctrl-C ends it cleanly."""

    def run_from_argv(self, argv: list[str]) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # what is half-made is taken back then too
        super().run_from_argv(argv)

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except DomainError as error:
            raise CommandError("\n".join(lines_of(error)), returncode=UNUSABLE) from error
        except (DatabaseError, ImproperlyConfigured) as error:
            message = f"The database cannot be used ({str(error).strip()}). Is it up to date? See: manage.py migrate"
            raise CommandError(message, returncode=UNUSABLE) from error
        except BrokenPipeError:  # whoever read the output has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(UNUSABLE) from None
        except OSError as error:
            name = f"{error.filename}: " if error.filename else ""
            raise CommandError(f"{name}{error.strerror or error}", returncode=UNUSABLE) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped.", returncode=130) from None


def lines_of(error: DomainError) -> list[str]:
    """What an error has to say, a line each: the sentence, then each place with what is wrong there."""
    problems = [one for one in getattr(error, "problems", ()) if one.path]
    named = [f"  file: {error.file}"] if error.file and error.file not in str(error) else []
    field = [f"  field: {error.field}"] if error.field and not problems else []
    return [printable(line) for line in [str(error), *named, *field, *(f"  {p.path}: {p.message}" for p in problems)]]


def printable(text: str) -> str:
    """Without what would steer a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


class Progress:
    """Tells how far something is: on a terminal in one line that changes, elsewhere in a line now and then."""

    def __init__(self, out: OutputWrapper) -> None:
        self._out = out
        self._terminal = out.isatty()
        self._told = ""
        self._due = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        line = printable(f"{what}: {done} of {total}")
        if self._terminal:
            end = "\n" if done >= total else ""
            self._out.write(f"\r\x1b[K{line}", ending=end)
            self._out.flush()
        elif line != self._told and (done >= total or time.monotonic() >= self._due):
            self._out.write(line)
            self._due = time.monotonic() + SECONDS_BETWEEN_LINES
        self._told = line


def person(email: str) -> Actor:
    """The active account with this address. Raises NotFound."""
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if user is None:
        raise NotFound(f"Nobody has an account with the address {email}.", field="email")
    return Actor(user)


def study_named(name: str) -> Study:
    """The study with this accession or id. Raises NotFound."""
    found = Study.objects.select_related("owner").filter(accession__iexact=name.strip()).first()
    if found is None:
        with suppress(ValueError):
            found = Study.objects.select_related("owner").filter(pk=uuid.UUID(name.strip())).first()
    if found is None:
        raise NotFound(f"There is no study “{name}”. Give an accession, as VIT-1, or a study's id.")
    return found
