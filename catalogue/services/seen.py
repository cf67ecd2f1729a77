"""Two people in one form: what each of them saw tells whose change a value is, field by field.

A form sends with its values the digests of those that it showed. A field that one did not touch is never saved over
another's change, one that only oneself changed is saved, and only one that both changed is a conflict.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from catalogue.exchange.merge import canonical
from catalogue.rules.fields import Field, Module

Seen = Mapping[str, str]  # field → digest of the value that was shown
_LENGTH = 16  # characters: a field is only ever compared with itself


@dataclass(frozen=True)
class Sorted:
    """Values that were sent: those to save, those that somebody else changed meanwhile, those that both did."""

    mine: dict[str, Any] = field(default_factory=dict)
    theirs: dict[str, Any] = field(default_factory=dict)  # as stored
    both: dict[str, Any] = field(default_factory=dict)  # as stored


def digests(module: Module, values: Mapping[str, Any]) -> dict[str, str]:
    """The digest of each of the module's fields among the values."""
    return {one.name: _digest(one, values[one.name]) for one in module.fields if one.name in values}


def sort_out(module: Module, *, stored: Mapping[str, Any], sent: Mapping[str, Any], seen: Seen) -> Sorted:
    """Tell for each field whose change it is. One that was not seen is the sender's."""
    now, then = digests(module, stored), digests(module, sent)
    found = Sorted()
    for name, value in sent.items():
        if name not in seen or name not in now or seen[name] == now[name] or then[name] == now[name]:
            found.mine[name] = value
        elif then[name] == seen[name]:
            found.theirs[name] = stored[name]
        else:
            found.both[name] = stored[name]
    return found


def _digest(one: Field, value: Any) -> str:
    text = json.dumps(canonical(one, value), sort_keys=True).replace(r"\r\n", r"\n")
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]
