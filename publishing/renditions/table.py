"""Which renditions there are, and which of them a client asks for."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest

from publishing.renditions import datacite, jsonld, rdf
from publishing.shapes import RecordSet

PAGE = "text/html"
_MEDIA_RANGE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+*-]+\s*(;|$)|\*/\*\s*(;|$)")
# Parameters other than q do not choose between our renditions: charset is always UTF-8, profiles are in the links.
_PARAMETER = re.compile(r';\s*(?!q\s*=)[\w!#$%&*+.^`|~-]+\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]*)', re.IGNORECASE)


@dataclass(frozen=True)
class Rendition:
    """One format in which a version of a study can be had, at its address plus `.` and the extension."""

    key: str
    media_type: str
    extension: str
    label: str
    profile: str  # what it conforms to (RFC 6906), empty if nothing narrower than the media type
    render: Callable[[RecordSet], bytes]


RENDITIONS = (
    Rendition("json-ld", "application/ld+json", "jsonld", "JSON-LD (schema.org)", jsonld.PROFILE, jsonld.json_ld),
    Rendition("turtle", "text/turtle", "ttl", "RDF as Turtle", "", rdf.turtle),
    Rendition("rdf-xml", "application/rdf+xml", "rdf", "RDF/XML", "", rdf.rdf_xml),
    Rendition("n-triples", "application/n-triples", "nt", "RDF as N-Triples", "", rdf.n_triples),
    Rendition("datacite-xml", "application/vnd.datacite.datacite+xml", "datacite.xml", "DataCite 4.6 XML",
              datacite.NAMESPACE, datacite.datacite_xml),
    Rendition("datacite-json", "application/vnd.datacite.datacite+json", "datacite.json", "DataCite JSON",
              datacite.NAMESPACE, datacite.datacite_json),
)  # fmt: skip
BY_KEY = {rendition.key: rendition for rendition in RENDITIONS}
BY_EXTENSION = {rendition.extension: rendition for rendition in RENDITIONS}
_BY_TYPE = {rendition.media_type: rendition for rendition in RENDITIONS}


class NotAcceptable(Exception):
    """The client takes none of the media types that there are (HTTP 406)."""

    def __init__(self) -> None:
        self.media_types = ("text/html", *_BY_TYPE)
        super().__init__("This study can be had as " + ", ".join(self.media_types) + ".")


def negotiate(accept: str) -> Rendition | None:
    """The rendition that an Accept header (RFC 9110, section 12.5.1) asks for; None: the page. Raises NotAcceptable."""
    chosen = preferred(accept, _BY_TYPE)
    if chosen is None:
        raise NotAcceptable
    return _BY_TYPE.get(chosen)


def preferred(accept: str, media_types: Iterable[str]) -> str | None:
    """Which of a page and these media types an Accept header asks for; None if it takes none of them."""
    request = HttpRequest()
    ranges = (part.strip() for part in _PARAMETER.sub("", accept).split(","))
    request.META["HTTP_ACCEPT"] = ",".join(part for part in ranges if _MEDIA_RANGE.match(part)) or "*/*"
    return request.get_preferred_type([PAGE, *media_types, "application/xhtml+xml"])
