"""Prefixes, IRIs, names and licences agree with bioregistry."""

import pytest

from ontology.prefixes import PREFIXES, curie_in, curie_of, iri_of, spdx, spelled

# How they differ from bioregistry: in case, as their own files write them; CVCL's ids have their letters in them.
OWN_SPELLING = {"BAO", "CMPO", "EDAM", "HGNC", "ORDO"}
NAMES = {"ORDO": "orphanet.ordo"}
WITHOUT = {"SSBD"}
OWN_LICENCE = {"CMPO", "HP"}


def test_prefixes_agree_with_bioregistry() -> None:
    bioregistry = pytest.importorskip("bioregistry", reason="bioregistry is not installed: it is in the extra dev")
    for prefix, known in PREFIXES.items():
        if prefix in WITHOUT:
            continue
        resource = bioregistry.get_resource(NAMES.get(prefix, prefix.lower()))
        assert resource is not None, prefix
        if prefix not in OWN_SPELLING:
            assert resource.get_preferred_prefix() or resource.prefix == prefix, prefix
        assert known.name == resource.get_name()
        if prefix not in OWN_LICENCE:
            assert known.licence == resource.get_license(), prefix
        assert known.base.removesuffix("CVCL_") + "$1" == resource.get_uri_format().replace("CVCL_", ""), prefix


@pytest.mark.parametrize("prefix", sorted(PREFIXES))
def test_a_curie_becomes_an_iri_and_a_curie_again(prefix: str) -> None:
    curie = f"{prefix}:0000123"
    assert curie_of(iri_of(curie)) == curie
    assert curie_in(iri_of(curie)) == curie
    assert spelled(prefix.upper()) == spelled(prefix.lower()) == prefix


@pytest.mark.parametrize(
    ("text", "curie"),
    [
        ("FBbi_00000246", "FBbi:00000246"),
        ("fbbi:00000246", "FBbi:00000246"),
        ("obo:CL_0000000", "CL:0000000"),
        ("CVCL_0030", "cellosaurus:CVCL_0030"),
        ("http://purl.obolibrary.org/obo/NCBITaxon_9606", "NCBITaxon:9606"),
        ("http://purl.obolibrary.org/obo/XYZ_1", "XYZ:1"),
        ("http://www.orpha.net/ORDO/Orphanet_93", "ORDO:93"),
        ("Wikipedia:Cell", "Wikipedia:Cell"),
        ("part of", ""),
        ("http://example.org/1", ""),
        ("", ""),
    ],
)
def test_ids_of_files_become_curies(text: str, curie: str) -> None:
    assert curie_in(text) == curie


def test_licences_have_their_spdx_id() -> None:
    assert spdx("http://creativecommons.org/licenses/by/4.0/") == "CC-BY-4.0"
    assert spdx("https://creativecommons.org/licenses/by-sa/4.0/legalcode") == "CC-BY-SA-4.0"
    assert spdx("https://creativecommons.org/publicdomain/zero/1.0/") == "CC0-1.0"
    assert spdx("http://www.apache.org/licenses/LICENSE-2.0") == "Apache-2.0"
    assert spdx("ask us") == ""
