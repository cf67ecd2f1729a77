"""Where a file lies in a package: under the path that its depositor gave it, made safe to unpack anywhere."""

import re
from urllib.parse import quote

# Names that the crate itself takes at its root. A deposited file of such a name gets one more underscore in front, as
# do those that have underscores already, so that no two files ever meet.
_TAKEN = re.compile(r"_*ro-crate-(metadata\.json|preview\.html|preview_files)", re.IGNORECASE)
# A percent sign is escaped as well: manifests must write it as %25 (RFC 8493, section 2.1.3), which bagit-python does
# not read back. What looks like an escape is escaped too, so that different paths stay different.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\%]|=(?=[0-9A-F]{2})|^\.{1,2}$")


def packed(path: str) -> str:
    """The path within the crate, bytes that cannot stand there as `=` and two hexadecimal digits."""
    parts = [_UNSAFE.sub(_escape, part) for part in path.split("/") if part]
    if parts and _TAKEN.fullmatch(parts[0]):
        parts[0] = f"_{parts[0]}"
    return "/".join(parts)


def reference(path: str) -> str:
    """The packed path as a URI reference (RFC 3986), as RO-Crate wants `@id`."""
    return quote(path, safe="/!$&'()*+,;=@~-._")


def _escape(match: re.Match[str]) -> str:
    return "".join(f"={byte:02X}" for byte in match[0].encode())
