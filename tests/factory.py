"""Small builders of the things that tests need. Each makes what its name says, and what that stands on."""

import io
import itertools
import uuid
from pathlib import Path
from typing import Any

from base import uploads
from base.models import StoredFile, User
from catalogue import documents, files, services
from catalogue.access import Actor
from catalogue.models import Channel, File, Image, ImageFile, Pixels, Study, StudyComponent

_numbers = itertools.count(1)


def user(name: str = "Ada Depositor", **fields: Any) -> User:
    return User.objects.create_user(f"user{next(_numbers)}@example.org", "a long password", name=name, **fields)


def curator(name: str = "Carla Curator", **fields: Any) -> User:
    return user(name, is_curator=True, **fields)


def actor(person: User | None = None) -> Actor:
    return Actor(person or user())


def draft(owner: User | None = None, title: str = "") -> Study:
    """An empty draft."""
    return services.create_study(actor=actor(owner), title=title)


def document(**study: Any) -> dict[str, Any]:
    """A document in which nothing required is missing: one sample, preparation, set-up and component, one channel."""
    return {
        "study": {
            "title": "Cell Painting of Schwann cells with and without neurofibromin",
            "description": "Isogenic Schwann cells of two NF1 genotypes were stained and imaged in three channels.",
            "keywords": [{"text": "cell painting"}, {"text": "neurofibromatosis"}],
            "licence": "CC-BY-4.0",
            **study,
        },
        **_people(),
        **_samples(),
        **_making(),
        "components": [
            {
                "id": "plate",
                "title": "Plate 2, 20x",
                "description": "Wells of plate 2, one channel each",
                "associations": [{"biosample": "sample", "specimen": "specimen", "acquisition": "imaging"}],
            }
        ],
    }


def _people() -> dict[str, Any]:
    return {
        "organisations": [{"id": "org", "name": "University of Colorado Anschutz", "ror": "https://ror.org/03wmf1y16"}],
        "contributors": [
            {
                "id": "ada",
                "family_name": "Depositor",
                "given_name": "Ada",
                "orcid": "0000-0002-1825-0097",
                "email": "ada@example.org",
                "affiliations": [{"organisation": "org"}],
                "roles": [{"role": "Author"}],
            }
        ],
        "grants": [{"id": "grant", "funder_name": "European Research Council", "identifier": "101000000"}],
        "publications": [{"id": "article", "doi": "10.1038/s41592-021-01166-8", "title": "REMBI", "year": "2021"}],
    }


def _samples() -> dict[str, Any]:
    return {
        "biosamples": [
            {
                "id": "sample",
                "title": "Schwann cells, NF1 +/+",
                "organisms": [{"organism": {"text": "Homo sapiens", "curie": "NCBITaxon:9606"}}],
                "biological_entity": {"text": "Schwann cell", "curie": "CL:0002573"},
                "variables": [{"kind": "intrinsic", "name": "genotype", "value": {"text": "NF1 +/+"}}],
            }
        ],
        "specimens": [
            {
                "id": "specimen",
                "biosample": "sample",
                "title": "Fixed and stained",
                "sample_preparation": "Fixed in 4 % PFA, permeabilised, stained with Hoechst 33342",
                "experimental_status": "control",
            }
        ],
        "channels": [
            {"id": "dna", "specimen": "specimen", "content": {"text": "DNA"}, "channel_label": "Hoechst 33342"}
        ],
    }


def _making() -> dict[str, Any]:
    return {
        "acquisitions": [
            {
                "id": "imaging",
                "title": "Widefield, 20x",
                "imaging_instrument": "Nikon Eclipse Ti2-E",
                "image_acquisition_parameters": "Plan Apo 20x/0.75, 100 ms exposure",
                "methods": [{"method": {"text": "fluorescence microscopy", "curie": "FBbi:00000246"}}],
            }
        ],
    }


def study(owner: User | None = None, images: int = 1, **fields: Any) -> Study:
    """A draft in which nothing required is missing, with this many images (rows only, no bytes)."""
    made = draft(owner)
    documents.write(Actor(made.owner), made, document(**fields))
    made.refresh_from_db()
    for _ in range(images):
        image(made)
    return made


def image(of: Study, component: StudyComponent | None = None, channels: int = 1) -> Image:
    """An image of the study, in its first component unless another is named, with its file. No bytes are stored."""
    place = component or StudyComponent.objects.filter(study=of).first()
    name = f"image-{next(_numbers)}.ome.tif"
    stored = StoredFile.objects.create(
        backend=StoredFile.Backend.STORE, key=f"files/{uuid.uuid4()}", bytes=1024, sha256="0" * 64, owner=of.owner
    )
    file = File.objects.create(
        study=of, component=place, stored=stored, path=name, state=File.State.READ, format="image/ome-tiff"
    )
    made = Image.objects.create(study=of, component=place, name=name)
    ImageFile.objects.create(image=made, file=file, series="0")
    Pixels.objects.create(image=made, size_x=64, size_y=48, size_c=channels, type="uint16")
    Channel.objects.bulk_create(
        Channel(image=made, index=index, name=f"Channel {index}", window_start=0, window_end=100)
        for index in range(channels)
    )
    return made


def submitted(owner: User | None = None, images: int = 1, **fields: Any) -> Study:
    """A study that waits for the curators."""
    made = study(owner, images, **fields)
    services.submit(actor=Actor(made.owner), study_id=made.pk)
    made.refresh_from_db()
    return made


def upload(of: Study, path: str, data: bytes, **fields: Any) -> File | None:
    """A file of the study with these bytes, uploaded and waiting to be read; None while its folder lacks files."""
    begun = files.begin_upload(actor=Actor(of.owner), study_id=of.pk, path=path, length=len(data), **fields)
    uploads.append(begun, 0, io.BytesIO(data))
    return files.register_upload(begun)


def upload_folder(of: Study, path: str, folder: Path) -> File:
    """A folder that is one image, uploaded under this path file by file."""
    places = [place for place in sorted(folder.rglob("*")) if place.is_file()]
    made = None
    for place in places:
        name = f"{path}/{place.relative_to(folder).as_posix()}"
        made = upload(of, name, place.read_bytes(), folder_files=len(places))
    assert made is not None
    return made
