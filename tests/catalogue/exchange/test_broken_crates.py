"""Broken submissions, crates, OME-XML and DICOM: read, or refused in words; never anything else."""

import contextlib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogue.exchange import biostudies, dicom, ome_companion, ro_crate
from catalogue.exchange.dossier import CannotRead, Files, Imported

KEYS = st.sampled_from([
    "@id", "@type", "@graph", "@context", "@value", "@list", "about", "name", "author", "hasPart", "license",
    "keywords", "taxonomicRange", "measurementTechnique", "additionalProperty", "affiliation", "size", "funder",
    "datePublished", "section", "type", "accno", "attributes", "subsections", "links", "files", "value", "valqual",
    "reference", "path", "url", "bia:sampleOf", "rembi:association", "scientificName", "description", "identifier",
])  # fmt: skip
TEXTS = st.sampled_from([
    "", "./", "ro-crate-metadata.json", "#a", "#b", "Dataset", "Person", "File", "BioSample", "LabProtocol", "Taxon",
    "rembi:Study", "rembi:BioSample", "bia:Dataset", "bia:Specimen", "PropertyValue", "QuantitativeValue", "Study",
    "author", "Biosample", "Study Component", "Associations", "Organism", "File List", "Title", "Role", "License",
    "https://orcid.org/0000-0002-1825-0097", "http://purl.obolibrary.org/obo/NCBITaxon_9606", "é\u2028",
])  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
MUTATIONS = 25


def _may_refuse(read: Callable[[Files], Imported], path: Path, name: str) -> None:
    with contextlib.suppress(CannotRead):
        read({name: path})


@given(graph=st.lists(st.dictionaries(KEYS, VALUES, max_size=6), max_size=6))
@SLOW
def test_any_graph_is_read_or_refused(graph: list[Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    root = {"@id": "./", "@type": ["Dataset"], "name": "x", "hasPart": [{"@id": "#a"}], "about": {"@id": "#b"}}
    path = tmp_path_factory.mktemp("crate") / "ro-crate-metadata.json"
    path.write_text(json.dumps({"@context": {}, "@graph": [root, *graph]}))
    _may_refuse(ro_crate.read, path, path.name)


@given(section=st.dictionaries(KEYS, VALUES, max_size=6), parts=st.lists(st.dictionaries(KEYS, VALUES), max_size=4))
@SLOW
def test_any_section_is_read_or_refused(section: Any, parts: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("page") / "s.json"
    path.write_text(json.dumps({"section": {**section, "type": "Study", "subsections": parts}}))
    _may_refuse(biostudies.read, path, path.name)


@pytest.mark.parametrize(
    ("read", "folder", "pattern"),
    [
        (biostudies.read, "samples/06_study_metadata/bioimage_archive", "*.json"),
        (ro_crate.read, "reference/gide", "*-ro-crate-metadata.json"),
        (ome_companion.read, "samples/06_study_metadata/ome_xml", "*.ome.xml"),
        (dicom.read, "samples/03_vendor/dicom", "*.dcm"),
    ],
)
def test_real_files_cut_or_with_wrong_bytes_are_read_or_refused(
    shared: Path, tmp_path: Path, read: Callable[[Files], Imported], folder: str, pattern: str
) -> None:
    chance = random.Random(4)
    for source in sorted((shared / folder).glob(pattern)):
        data = source.read_bytes()[:60_000]
        for number in range(MUTATIONS):
            broken = bytearray(data)
            if number % 2:
                broken = broken[: chance.randrange(len(data))]
            for _ in range(number % 5):
                if broken:
                    broken[chance.randrange(len(broken))] = chance.randrange(256)
            path = tmp_path / source.name
            path.write_bytes(broken)
            _may_refuse(read, path, source.name)
