"""What services say, before it is checked."""

from dataclasses import dataclass
from datetime import datetime

from base.asking import Answer


@dataclass(frozen=True)
class Said:
    """By which service, where and when something was said."""

    service: str
    url: str
    asked_at: datetime

    @classmethod
    def of(cls, service: str, answer: Answer) -> "Said":
        return cls(service, answer.url, answer.asked_at)


@dataclass(frozen=True)
class Hit:
    """A term that a service names. `synonyms` are (scope, text), the scope empty where the service does not say it;
    `obsolete` is None where it says nothing of it; `score` what it gives the term itself, from 0 to 1, if anything."""

    iri: str
    curie: str
    label: str
    said: Said
    definition: str = ""
    synonyms: tuple[tuple[str, str], ...] = ()
    obsolete: bool | None = None
    score: float | None = None
    in_branch: bool = False  # the service was asked for terms below the binding's branches only
