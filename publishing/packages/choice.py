"""Files that somebody chose of a version, as one zip without more; folders with all that is in them."""

import uuid
from collections.abc import Collection, Iterator

from base.errors import Invalid, NotFound
from base.models import StoredFile
from base.tiers.moves import fetch_archived
from publishing import record
from publishing.image_shapes import FileRecord
from publishing.models import Publication
from publishing.packages.bag import Payload, bag_name, payloads_of
from publishing.packages.zip import Member, end_size, member_size, zip_stream

MOST = 500  # files and folders of one zip; more come with the whole package, or by a list


def chosen(publication: Publication, ids: Collection[uuid.UUID]) -> list[FileRecord]:
    """The files of these ids, in the order of the ids. Raises Invalid without any or with too many, NotFound if one is
    not in this version."""
    if not ids:
        raise Invalid("No file was chosen. Go back, tick the files that you want, and try again.", field="f")
    if len(ids) > MOST:
        raise Invalid(
            f"At most {MOST} files go into one zip: take the whole package, or the list for aria2.", field="f"
        )
    found = record.files_named(publication, sorted({str(one) for one in ids}))
    if len(found) < len(set(ids)):
        raise NotFound("One of these files is not in this version of the study; choose again from its list of files.")
    return list(found.values())


def choice_stream(publication: Publication, files: Collection[FileRecord]) -> Iterator[bytes]:
    """The zip's bytes. Raises StorageError in the middle if stored bytes are not those of the Record."""
    base = bag_name(publication)
    members = (Member(f"{base}/{one.path}", one.chunks()) for one in _payloads(files))
    return zip_stream(members, publication.published_at)


def choice_size(publication: Publication, files: Collection[FileRecord]) -> int:
    """How many bytes `choice_stream` will give; opens no file."""
    base = bag_name(publication)
    return end_size() + sum(member_size(f"{base}/{one.path}", one.size) for one in _payloads(files))


def _payloads(files: Collection[FileRecord]) -> Iterator[Payload]:
    stored = StoredFile.objects.in_bulk([uuid.UUID(file.stored) for file in files])
    fetch_archived(stored.values())
    for file in files:
        yield from payloads_of(file, stored[uuid.UUID(file.stored)])
