"""OME documents become rows and come back whole: every element and attribute, for every document there is."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from lxml import etree

from base import jobs
from base.errors import NotFound
from catalogue import files, services
from catalogue.access import Actor
from catalogue.models import Channel, File, Image, OmeDocument, Pixels, PlaneTable, Study, TiffDataTable
from catalogue.models import ome as tables
from catalogue.ome.export import export
from catalogue.ome.read import document_of
from catalogue.ome.tables import COMPACT, CONTAINERS, TABLES, snake
from catalogue.ome.write import DocumentWriter
from catalogue.reading import key_values
from catalogue.reading.key_values import pairs_of
from imaging.ome.document import OmeDocument as Document
from imaging.ome.document import OmeElement
from imaging.ome.model import ENTITIES, Kind
from imaging.ome.read import read_ome
from imaging.ome.write import write_ome
from publishing import record
from tests import factory
from tests.imaging.ome.comparing import canonical, description, document, documents, faults
from tests.imaging.ome.test_round_trip import elements
from tests.portal.publishing import publish

XSD = "{http://www.w3.org/2001/XMLSchema}"


def kept(found: Document) -> OmeDocument:
    """The document as rows of a file."""
    made = factory.image(factory.draft())
    file = made.image_files.get().file
    with transaction.atomic():
        row = OmeDocument(file=file, version=found.version)
        rows = DocumentWriter(row, file.study, {}).rows_of(found.root)
        row.save()
        rows.store()
        pairs = [pair for entity, pk, some in rows.extras for pair in pairs_of(entity, pk, some)]
        key_values.replace(file.study, pairs)
    return OmeDocument.objects.get(pk=row.pk)


def comes_back(xml: bytes, name: str = "a.ome.xml") -> None:
    """Whether the rows of a document give the same document, and its XML every element and attribute of the input."""
    found = read_ome(xml, path=name)
    back = document_of(kept(found))
    assert back.version == found.version
    assert canonical(write_ome(back)) == canonical(write_ome(found)), name
    known = not found.warnings  # others the schema does not order
    assert canonical(write_ome(back), ordered=known) == canonical(xml, ordered=known), name


@pytest.mark.both
@pytest.mark.django_db
def test_every_document_comes_back_from_its_rows(shared: Path) -> None:
    seen = 0
    for name, xml in documents(shared):
        comes_back(xml, name)
        seen += 1
    assert seen > 45


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(elements())
def test_any_document_of_the_schema_comes_back(root: OmeElement) -> None:
    comes_back(write_ome(Document(root, "2016-06")))


def test_every_entity_and_attribute_has_its_table_and_column() -> None:
    for name, entity in ENTITIES.items():
        if name in COMPACT or name in CONTAINERS:
            continue
        if entity.is_reference and name not in TABLES:  # a foreign key of those that may hold one
            holders = [one for one in ENTITIES.values() if name in one.child_by_name and one.name in TABLES]
            assert all(name in TABLES[one.name].references for one in holders), name
            continue
        table = TABLES[name]
        assert len(table.columns) == len(entity.attributes), name
        for child in entity.children:
            known = child.entity in TABLES or child.entity in table.references
            assert known or child.entity in CONTAINERS or child.entity in COMPACT, (name, child.entity)
    for name, column in CONTAINERS.items():
        holders = [one for one in ENTITIES.values() if name in one.child_by_name]
        assert all(isinstance(TABLES[one.name].fields[column], models.BooleanField) for one in holders), name


def test_numbers_are_kept_as_numbers() -> None:
    for name, table in TABLES.items():
        for column in table.columns:
            if column.attribute.kind in (Kind.FLOAT, Kind.INTEGER, Kind.BOOLEAN) and column.name != "value":
                assert not isinstance(column.field, models.CharField | models.TextField), (name, column.name)


def test_every_name_of_the_schema_is_known(shared: Path) -> None:
    """Against the XSD itself: what it declares with attributes has a table with a column for each."""
    tree = etree.parse(shared / "reference/ome/ome-2016-06.xsd")
    bases = {"Shape", "Annotation", "LightSource", "ManufacturerSpec", "Reference", "Settings", "AffineTransform"}
    for element in tree.getroot().iter(f"{XSD}element"):
        name = element.get("name")
        if name is None or name in bases or name in COMPACT or element.getparent() is not tree.getroot():
            continue
        for attribute in element.iter(f"{XSD}attribute"):
            own = attribute.get("name", "")
            if name in TABLES and own != "ID" and name != "OME":
                assert snake(own) in TABLES[name].fields, (name, own)


@pytest.mark.django_db
def test_rows_are_typed_linked_and_normalised(shared: Path) -> None:
    path = shared / "reference/ome/samples/instrument-units-default.ome.xml"
    row = kept(read_ome(path.read_bytes(), path=str(path)))
    instrument = tables.Instrument.objects.get(document=row)
    (laser,) = instrument.light_sources.filter(kind="Laser")[:1]
    assert laser.wavelength_unit == "nm"
    assert laser.wavelength_um == pytest.approx((laser.wavelength or 0) / 1000)
    described = Image.everything.filter(document=row)[0]
    assert described.instrument == instrument
    assert not described.has_pixels
    assert described not in Image.objects.all()


def image(body: str) -> bytes:
    return document(f'<Image ID="Image:0">{body}</Image>')


PIXELS = '<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="2" SizeY="2" SizeZ="1" SizeC="1" SizeT="1"'


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        f'{PIXELS} PhysicalSizeX="1.50" PhysicalSizeXUnit="nm" BigEndian="1"><MetadataOnly/></Pixels>',
        f'<InstrumentRef ID="Instrument:gone"/>{PIXELS} TimeIncrement="INF"><MetadataOnly/></Pixels>',
        f'<Description/>{PIXELS} vendor="x"><MetadataOnly/><Odd a="1">text</Odd></Pixels>',
        f'{PIXELS}><Channel ID="Channel:0" Color="16711680" Name=""/>'
        '<BinData BigEndian="false" Length="4">AAEC\nAw==</BinData></Pixels>',
        f'{PIXELS} SignificantBits="99999999999"><MetadataOnly/></Pixels>',
        f'<ROIRef ID="ROI:1" vendor="x"/>{PIXELS}><MetadataOnly vendor="y"/></Pixels>',
    ],
    ids=["lexical forms", "a reference to nothing", "what the schema does not know", "bytes", "too big", "references"],
)
def test_what_columns_cannot_say_is_kept_as_written(body: str) -> None:
    comes_back(image(body))


@pytest.mark.django_db
def test_planes_are_columns_not_rows() -> None:
    planes = "".join(f'<Plane TheZ="{z}" TheC="0" TheT="0" ExposureTime="0.{z:03d}"/>' for z in range(300))
    blocks = "".join(f'<TiffData IFD="{z}" FirstZ="{z}" PlaneCount="1"/>' for z in range(300))
    comes_back(image(f"{PIXELS}>{blocks}{planes}</Pixels>"))
    assert PlaneTable.objects.get().count == TiffDataTable.objects.get().count == 300


@pytest.mark.django_db
def test_reading_back_asks_no_more_for_a_larger_document() -> None:
    counts = []
    for number in (1, 40):
        images = "".join(f'<Image ID="Image:{i}">{PIXELS}><MetadataOnly/></Pixels></Image>' for i in range(number))
        row = kept(read_ome(document(images), path="a.ome.xml"))
        with CaptureQueriesContext(connection) as asked:
            assert len(document_of(row).root.all("Image")) == number
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_questions_in_micrometres() -> None:
    study = factory.draft()
    fine, coarse, unknown = (factory.image(study) for _ in range(3))
    Pixels.objects.filter(image=fine).update(physical_size_x_um=0.1, physical_size_y_um=0.1, size_z=5)
    Pixels.objects.filter(image=fine).update(physical_size_z_um=0.3)
    Pixels.objects.filter(image=coarse).update(physical_size_x_um=0.65, physical_size_y_um=0.65)
    Channel.objects.filter(image=coarse).update(emission_wavelength_um=0.525)
    assert list(Image.objects.pixel_size_below(0.2)) == [fine]
    assert list(Image.objects.pixel_size_above(0.2)) == [coarse]
    assert list(Image.objects.step_below(0.5)) == [fine]
    assert list(Image.objects.emission_between(0.5, 0.55)) == [coarse]
    assert unknown in Image.objects.all()
    row = OmeDocument.objects.create(file=File.objects.filter(image_files__image=fine).get())
    instrument = tables.Instrument.objects.create(document=row)
    objective = tables.Objective.objects.create(document=row, instrument=instrument, lens_na=1.4)
    tables.ObjectiveSettings.objects.create(document=row, image=fine, objective=objective)
    tables.ImagingEnvironment.objects.create(document=row, image=fine, temperature_celsius=37)
    assert list(Image.objects.with_numerical_aperture(1.2)) == [fine]
    assert list(Image.objects.warmer_than(30)) == [fine]


@pytest.fixture
def study(settings: Any, shared: Path) -> Study:
    settings.REGISTER_ROOTS = [shared.resolve()]
    return factory.study(images=0)


def read_in_place(study: Study, path: Path) -> File:
    (file,) = files.register_in_place(actor=Actor(study.owner), study_id=study.pk, path=str(path))
    jobs.run_queued(study.pk)
    return File.objects.get(pk=file.pk)


@pytest.mark.both
@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "01_fluorescence/ometiff_from_nd2/example-multichannel.ome.tif",  # OME
        "01_fluorescence/neubias/xyzc_16bit__dna_conf_wf.tif",  # ImageJ
        "02_omezarr/v04_hcs_nf1_plate2.zarr",  # a plate of NGFF
    ],
)
def test_any_file_that_was_read_has_a_valid_companion(study: Study, shared: Path, path: str) -> None:
    file = read_in_place(study, shared / "samples" / path)
    xml = export(file)
    assert faults(shared, xml) == []
    root = read_ome(xml, path="companion.ome").root
    images = Image.objects.filter(image_files__file=file).order_by("position")
    sizes = [(one.get("SizeX"), one.get("SizeC")) for element in root.all("Image") for one in element.all("Pixels")]
    assert sizes == [(str(image.pixels.size_x), str(image.pixels.size_c)) for image in images]
    assert len(root.all("Plate")) == path.endswith("plate2.zarr")


@pytest.mark.django_db
def test_the_companion_of_an_ome_tiff_is_what_stands_in_it(study: Study, shared: Path) -> None:
    path = shared / "samples/01_fluorescence/ometiff_from_nd2/example-multichannel.ome.tif"
    assert canonical(export(read_in_place(study, path))) == canonical(description(path).encode())


@pytest.mark.django_db
def test_people_can_be_left_out_of_a_companion() -> None:
    found = read_ome(
        document('<Experimenter ID="Experimenter:0" FirstName="Ada" Email="ada@example.org"/>'), path="a.ome.xml"
    )
    row = kept(found)
    assert b"ada@example.org" in export(row.file)
    assert export(row.file, people=False).count(b"Ada") == 0
    with pytest.raises(NotFound, match="Nothing was read"):
        export(factory.image(factory.draft()).image_files.get().file)


@pytest.mark.django_db
def test_rows_behind_a_published_version_stay(study: Study, shared: Path) -> None:
    file = read_in_place(study, shared / "samples/01_fluorescence/ometiff_from_nd2/example-multichannel.ome.tif")
    document, image = OmeDocument.objects.get(), Image.objects.get()
    objective = image.objective_settings.get()
    component = study.studycomponents.get()
    files.assign(actor=Actor(study.owner), study_id=study.pk, file_ids=[file.pk], component_id=component.pk)
    services.submit(actor=Actor(study.owner), study_id=study.pk)
    publication = publish(Study.objects.get(pk=study.pk))
    assert record.file_of(publication, file.pk).ome_document == str(document.pk)
    services.start_new_version(actor=Actor(study.owner), study_id=study.pk)
    files.read_again(actor=Actor(study.owner), study_id=study.pk, file_id=file.pk)
    jobs.run_queued(study.pk)
    assert File.objects.get(pk=file.pk).state == File.State.READ
    assert (OmeDocument.objects.get(), Image.objects.get()) == (document, image)
    assert image.objective_settings.get() == objective


@pytest.mark.django_db
def test_a_file_that_is_removed_leaves_nothing(study: Study, shared: Path) -> None:
    file = read_in_place(study, shared / "samples/01_fluorescence/ometiff_from_nd2/example-multichannel.ome.tif")
    assert OmeDocument.objects.exists()
    files.remove(actor=Actor(study.owner), study_id=study.pk, file_id=file.pk)
    for table in TABLES.values():
        assert not getattr(table.model, "everything", table.model._default_manager).exists(), table.entity.name
