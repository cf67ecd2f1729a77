"""The WSGI application: from an address to content, and errors to problem details."""

import json
import logging
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from django.conf import settings

from base.errors import Archived, DomainError, NotAllowed, NotFound, StorageError
from base.models import StoredFile
from base.storage import S3Storage, storage_for, storage_of
from base.tiers.fixity import have_checked
from catalogue.access import LINK_PARAMETER, NOT_SHARED, Actor, Verb, may, require
from catalogue.measuring import statistics_key
from catalogue.models import File, Image, Plate
from catalogue.reading.prepare import thumbnail_key
from imaging.errors import ImageBusy, ImageChanged, ImageError
from imaging.representations.table import BY_KEY, Representation
from imaging.representations.thumbnail import smaller
from imaging.representations.view import BadRequest, Elsewhere
from publishing import blind
from publishing.canonical import from_plain
from publishing.delivery import plates
from publishing.delivery.access import Kind, PublicRecords, actor_of
from publishing.delivery.answer import METHODS, Answer, answer, elsewhere, preflight, problem
from publishing.delivery.availability import availability, coming
from publishing.delivery.content import Content, OpenFile, content_of_bytes
from publishing.delivery.images import OpenImage, OpenImages
from publishing.delivery.listing import listing, signed_actor
from publishing.delivery.places import content_of_object
from publishing.image_shapes import FileRecord, ImageRecord, PlateRecord
from publishing.models import Record
from publishing.plates import plate_records
from publishing.working_copy import file_records, image_records

logger = logging.getLogger(__name__)

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

UUID = "([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
REPRESENTATION = re.compile(f"/data/{UUID}/({'|'.join(map(re.escape, BY_KEY))})(?:/(.*))?", re.DOTALL)
ACCESS = re.compile(f"/data/{UUID}/access")
AVAILABILITY = re.compile(f"/data/{UUID}/availability")
THUMBNAIL = re.compile(f"/data/{UUID}/thumbnail(-64)?.jpg")
LISTING = re.compile(f"/data/{UUID}/listing.json")
STATISTICS = re.compile(f"/data/{UUID}/statistics.json")
PLATES = 32  # whose records are kept
QUERIES = 64  # that are parsed: all tiles of a viewer have the same
SMALL = 64  # pixels of the shorter side, at least
FILE = re.compile(f"/data/files/{UUID}")
PLATE = re.compile(f"/data/plates/{UUID}/({'|'.join(map(re.escape, plates.KEYS))})(?:/(.*))?", re.DOTALL)

T = TypeVar("T")
FOR_IN_FRONT = "max-age=1, stale-while-revalidate=1"  # an answer on access: two seconds in all
DRAFT = "draft"  # in place of the digest of a published record

Found = tuple[Content | Answer | None, bool]  # what is there, if anything, and whether it is public


class DeliveryApp:
    """Answers `/data/{image}/{representation}/…` of imaging.representations.table, `/data/{image}/thumbnail.jpg`,
    its smaller `thumbnail-64.jpg`, `/data/{image}/statistics.json` (of its pixels), `/data/{image}/listing.json` (where
    its chunks lie in its file), `/data/files/{file}`, `/data/plates/{plate}/{representation}/…` (OME-Zarr),
    `/data/{image}/availability` (whether it has to be fetched from an archive first), and `/data/{image}/access` for a
    web server in front.

    The rest goes to `fallback`. `status_of` is the site's table from the domain's errors to HTTP status.
    """

    def __init__(self, fallback: Wsgi, status_of: Callable[[DomainError], int]) -> None:
        self._fallback = fallback
        self._status_of = status_of
        self._public = PublicRecords()
        self._images = OpenImages()
        self._addresses: tuple[tuple[re.Pattern[str], Callable[..., Found]], ...] = (
            (REPRESENTATION, self._representation),
            (THUMBNAIL, self._thumbnail),
            (STATISTICS, self._statistics),
            (LISTING, self._listing),
            (FILE, self._file),
            (PLATE, self._plate),
            (AVAILABILITY, self._availability),
        )

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith("/data/"):
            return self._fallback(environ, start_response)
        if match := ACCESS.fullmatch(path):
            answered = self._access(environ, uuid.UUID(match.group(1)))
            start_response(answered.line, answered.headers)
            return answered.body
        for pattern, find in self._addresses:
            if match := pattern.fullmatch(path):
                answered = self._answer(environ, find, uuid.UUID(match.group(1)), *match.groups()[1:])
                start_response(answered.line, answered.headers)
                return answered.body if environ["REQUEST_METHOD"] != "HEAD" else ()
        return self._fallback(environ, start_response)

    def _answer(self, environ: dict[str, Any], find: Callable[..., Found], *found_in_path: Any) -> Answer:
        method = environ["REQUEST_METHOD"]
        if method not in {"GET", "HEAD", "OPTIONS"}:
            return problem(405, f"Only {METHODS} are answered here.", headers=[("Allow", METHODS)])
        try:
            if method == "OPTIONS":
                return preflight(public=self._is_public(find, found_in_path[0]))
            content, public = find(environ, *found_in_path)
            if isinstance(content, Answer):
                return content
            if content is None:
                return problem(404, "There is nothing at this address; a chunk that is absent has the fill value.",
                               public=public)  # fmt: skip
            return answer(environ, content, public=public)
        except Elsewhere as found:
            return elsewhere(found.address, public=self._is_public(find, found_in_path[0]))
        except BadRequest as error:  # which viewers on other sites can read, too
            return problem(400, str(error), public=self._is_public(find, found_in_path[0]))
        except Archived as error:
            return coming(error.stored)
        except DomainError as error:
            return problem(self._status_of(error), str(error))
        except ImageBusy as error:
            return problem(503, str(error), headers=[("Retry-After", "5")])
        except ImageError as error:
            logger.error("cannot serve %s: %s", environ["PATH_INFO"], error)
            return problem(500, str(error))
        except Exception:
            logger.exception("cannot serve %s", environ["PATH_INFO"])
            return problem(500, "Something went wrong on our side; it was written to the log. Try again in a moment.")

    def _is_public(self, find: Callable[..., Found], object_id: uuid.UUID) -> bool:
        kind = {self._file: Kind.FILE, self._plate: Kind.PLATE}.get(find, Kind.IMAGE)
        return self._public.of(kind, object_id) is not None

    def _access(self, environ: dict[str, Any], image_id: uuid.UUID) -> Answer:
        """Whether the image may be had, for a web server in front that asks first (deploy/nginx): 200 or 403.

        The header says as which version of its record, so that no answer is kept when another one is to be shown.
        """
        try:
            shown = self._public.of(Kind.IMAGE, image_id)
            if shown is None:
                require(actor_of(environ), Verb.REFEREE, _draft(Image, image_id))
        except DomainError:
            return Answer(403, [("Content-Length", "0"), ("Cache-Control", "no-store")])
        except Exception:
            logger.exception("cannot tell who may have %s", image_id)
            return Answer(500, [("Content-Length", "0"), ("Cache-Control", "no-store")])
        return Answer(
            200, [("Content-Length", "0"), ("Cache-Control", FOR_IN_FRONT), ("X-Vitrine-Shown", shown or DRAFT)]
        )

    def _representation(self, environ: dict[str, Any], image_id: uuid.UUID, key: str, path: str | None) -> Found:
        representation, query = BY_KEY[key], _query(environ)
        digest = self._public.of(Kind.IMAGE, image_id)
        if digest is None:
            opened = self._draft_image(environ, image_id, representation, path or "")
            return opened.content(representation, path or "", query), False
        found = self._images.find(image_id, digest)
        if found is None:
            record = _published(ImageRecord, digest)
            found = self._images.keep(image_id, digest, _open(record, self._document_of(record)))
        return found.content(representation, path or "", query), True

    def _document_of(self, record: ImageRecord) -> str:
        """The reading that the published record of its file names."""
        digest = self._public.of(Kind.FILE, uuid.UUID(record.files[0].id)) if record.files else None
        return _published(FileRecord, digest).ome_document if digest else ""

    def _draft_image(
        self, environ: dict[str, Any], image_id: uuid.UUID, representation: Representation, path: str
    ) -> OpenImage:
        """Its pixels never change, but names and colours in its metadata may; referees get that without people."""
        actor, image = actor_of(environ), _draft(Image, image_id)
        require(actor, Verb.REFEREE, image)
        if representation.gives_only_pixels(path):
            opened = self._images.find(image_id, DRAFT)
            return opened or self._images.keep(image_id, DRAFT, _open(_records(image_id)[0]))
        if may(actor, Verb.VIEW, image):
            document = str(image.document_id or "")
            return self._images.keep(image_id, DRAFT, _open(_records(image_id)[0], document))
        return _open(blind.image_of(image, actor))

    def _thumbnail(self, environ: dict[str, Any], image_id: uuid.UUID, small: str | None) -> Found:
        file, tag, public = self._beside(environ, image_id, thumbnail_key(image_id), "thumbnail")
        stat = file.stat()
        if small:
            body = smaller(b"".join(file.blocks(0, stat.st_size)), SMALL)
            return content_of_bytes(body, etag=f"{tag}{small}", media_type="image/jpeg"), public
        return Content(stat.st_size, tag, "image/jpeg", file.blocks), public

    def _statistics(self, environ: dict[str, Any], image_id: uuid.UUID) -> Found:
        file, tag, public = self._beside(environ, image_id, statistics_key(image_id), "statistics")
        return Content(file.stat().st_size, tag, "application/json", file.blocks), public

    def _beside(self, environ: dict[str, Any], image_id: uuid.UUID, key: str, what: str) -> tuple[OpenFile, str, bool]:
        """What was made of the image and lies beside it, its tag, and whether the image is public."""
        public = self._public.of(Kind.IMAGE, image_id) is not None
        if not public:
            require(actor_of(environ), Verb.REFEREE, _draft(Image, image_id))
        try:
            file = OpenFile(storage_for(StoredFile.Backend.STORE).local_path(key))
        except StorageError as error:
            raise NotFound(f"This image has no {what} yet.") from error
        stat = file.stat()
        return file, f"{image_id.hex}-{stat.st_size}-{stat.st_mtime_ns}", public

    def _availability(self, environ: dict[str, Any], image_id: uuid.UUID) -> Found:
        """Whether the image's file is here, in the archive, or on its way from there."""
        digest = self._public.of(Kind.IMAGE, image_id)
        if digest is None:
            require(actor_of(environ), Verb.REFEREE, _draft(Image, image_id))
        (record,) = [_published(ImageRecord, digest)] if digest else _records(image_id)
        return availability(record), digest is not None

    def _listing(self, environ: dict[str, Any], image_id: uuid.UUID) -> Found:
        """Where the chunks lie in the file; never kept by anybody, since its addresses are signed for who asks."""
        digest = self._public.of(Kind.IMAGE, image_id)
        actor = actor_of(environ) if digest is None else Actor()
        if digest is None:
            require(actor, Verb.VIEW, _draft(Image, image_id))
            if actor.person is None:
                raise NotAllowed("Addresses are signed for a person: sign in, or use an API token.")
        (record,) = [_published(ImageRecord, digest)] if digest else _records(image_id)
        body = json.dumps(listing(record, actor.person, dict(_query(environ)))).encode()
        return content_of_bytes(body, etag=sha256(body).hexdigest(), media_type="application/json"), False

    def _plate(self, environ: dict[str, Any], plate_id: uuid.UUID, key: str, path: str | None) -> Found:
        """Its own documents; below its fields, what the images' own addresses give, to those who may have them."""
        digest = self._public.of(Kind.PLATE, plate_id)
        if digest is None:
            require(actor_of(environ), Verb.VIEW, _draft(Plate, plate_id))
            found = plates.at(_record_of_draft(plate_id), key, path or "")
        else:
            found = plates.at(_plate_record(digest), key, path or "")
        if isinstance(found, plates.Field):
            return self._representation(environ, uuid.UUID(found.image), key, found.path)
        if found is None:
            return None, digest is not None
        return content_of_bytes(
            found, etag=sha256(found).hexdigest(), media_type="application/json"
        ), digest is not None

    def _file(self, environ: dict[str, Any], file_id: uuid.UUID) -> Found:
        digest = self._public.of(Kind.FILE, file_id)
        if digest is None:
            actor = signed_actor(environ.get("QUERY_STRING", ""), file_id) or actor_of(environ)
            require(actor, Verb.VIEW, _draft(File, file_id))
            (record,) = file_records(File.objects.filter(pk=file_id))
        else:
            record = _published(FileRecord, digest)
        return _content_of_file(record), digest is not None


def _published(shape: type[T], digest: str) -> T:
    return from_plain(shape, Record.objects.get(pk=digest).body)


@lru_cache(PLATES)
def _plate_record(digest: str) -> PlateRecord:
    """A published record never changes."""
    return _published(PlateRecord, digest)


def _record_of_draft(plate_id: uuid.UUID) -> PlateRecord:
    found = plate_records(Plate.objects.filter(pk=plate_id))
    if not found:
        raise NotFound("This plate has no images that can be looked at yet.")
    return found[0]


def _query(environ: dict[str, Any]) -> Mapping[str, str]:
    """What is asked of a representation; by which link one came is not its concern."""
    return _parsed(environ.get("QUERY_STRING", ""))


@lru_cache(QUERIES)
def _parsed(text: str) -> Mapping[str, str]:
    query = dict(parse_qsl(text, keep_blank_values=True))
    query.pop(LINK_PARAMETER, None)
    return MappingProxyType(query)


def _open(record: ImageRecord, document: str = "") -> OpenImage:
    try:
        return OpenImage(record, f"{settings.PUBLIC_URL}/data/{record.id}", document)
    except ImageChanged as error:
        named = [one for one in record.files if one.path.endswith(error.field)] or record.files[:1]
        for file in File.everything.select_related("stored").filter(pk__in=[one.id for one in named[:1]]):
            have_checked(file.stored)
        raise


def _records(image_id: uuid.UUID) -> list[ImageRecord]:
    return image_records(Image.objects.filter(pk=image_id))


def _draft(model: Any, object_id: uuid.UUID) -> Any:
    found = model.objects.select_related("study").filter(pk=object_id).first()
    if found is None:
        raise NotFound(NOT_SHARED)
    return found


def _content_of_file(record: FileRecord) -> Content:
    if record.is_folder:
        raise NotFound("This is a folder that is read as one image: get it as OME-Zarr, or with the study's package.")
    stored = StoredFile.objects.get(pk=record.stored)
    storage = storage_of(stored)
    stat = storage.stat(stored.key)
    as_hashed = stored.version in (None, stat.version) and stored.sha256 in ("", record.sha256)
    if stat.size != record.bytes or not as_hashed:
        have_checked(stored)
        raise StorageError("The file has changed since it was registered.", file=record.path)
    if stored.is_damaged:
        raise StorageError("The bytes of the file are no longer those that came, as the check of all files found.",
                           file=record.path)  # fmt: skip
    tag = record.sha256 or sha256(f"{record.stored} {stat.size} {stat.version}".encode()).hexdigest()
    name = record.path.rsplit("/", 1)[-1]
    media_type = record.media_type or record.format or "application/octet-stream"
    if isinstance(storage, S3Storage):
        return content_of_object(storage, stored, etag=tag, media_type=media_type, filename=name)
    path = storage.local_path(stored.key)
    return Content(stat.size, tag, media_type, OpenFile(path).blocks, unchanging=True, filename=name, path=path)
