"""Frozen dataclasses to canonical JSON and back.

Canonical: UTF-8, keys sorted, no spaces, and fields left out that hold their default, so that a field added later
changes no digest of what was written before.
"""

import dataclasses
import functools
import hashlib
import json
import math
import types
from collections.abc import Callable
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """Dicts, lists and scalars of a dataclass. A number that JSON cannot hold (NaN, infinite) is left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        plain = {}
        for name, default in _defaults(type(value)):
            item = getattr(value, name)
            if item != default:
                plain[name] = to_plain(item)
        return {name: item for name, item in plain.items() if item is not None}
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def from_plain(cls: type[T], plain: dict[str, Any]) -> T:
    """The dataclass that `to_plain` was given. Unknown names (of a later schema) are left aside."""
    converters = _converters(cast(Any, cls))
    return cls(**{name: converters[name](item) for name, item in plain.items() if name in converters})


def canonical(plain: Any) -> bytes:
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest_of(plain: Any) -> str:
    """SHA-256 of the canonical JSON, hexadecimal."""
    return hashlib.sha256(canonical(plain)).hexdigest()


@functools.cache
def _defaults(cls: type) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.default) for field in dataclasses.fields(cls))


@functools.cache
def _converters(cls: Any) -> dict[str, Callable[[Any], Any]]:
    return {name: _converter(hint) for name, hint in get_type_hints(cls).items()}


def _converter(hint: Any) -> Callable[[Any], Any]:
    origin, args = get_origin(hint), get_args(hint)
    if origin is tuple:
        each = _converter(args[0])
        return lambda items: tuple(each(item) for item in items)
    if origin in (types.UnionType, Union):
        some = _converter(next(arg for arg in args if arg is not types.NoneType))
        return lambda item: None if item is None else some(item)
    if dataclasses.is_dataclass(hint):
        return functools.partial(from_plain, cast(Any, hint))
    # A database that keeps JSON as values may give 1e22 back as an integer.
    return float if hint is float else lambda item: item
