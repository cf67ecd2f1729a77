"""REMBI and MIFA entity by entity: where each field of the standards stands. The table is the standards', not ours."""

import json
import re
from typing import Any

import pytest
from django.apps import apps

from catalogue import documents
from catalogue.access import Actor
from catalogue.rules import BY_KEY, Kind
from catalogue.rules.people import CREDIT_ROLES, DATACITE_ROLES
from publishing.dossiers import document_of
from publishing.record import of_draft
from tests import factory

# A field of a module, a column of one of its tables (`field.column`), or a column of one of the site's own tables
# (`Model.field`): what the site gives or the files tell is not asked for.
FIELDS = {
    "study": "title description keywords licence release_date private_until funding_statement acknowledgements "
    "Study.accession Study.doi Study.version",
    "contributor": "family_name given_name orcid email affiliations.organisation roles.role",
    "organisation": "name ror address website",
    "publication": "title doi authors year pubmed_id status",
    "funding": "identifier title funder_name funder_id further_funders.name further_funders.identifier",
    "link": "url description database accession relation",
    "component": "title description associations.biosample associations.specimen associations.acquisition "
    "associations.correlation associations.analysis associations.annotation_method File.component",
    "biosample": "title organisms.organism organisms.common_name biological_entity variables.kind variables.name "
    "variables.value variables.unit growth_protocol strain identifiers.accession",
    "specimen": "title biosample further_biosamples.biosample sample_preparation growth_protocol experimental_status "
    "location_within_biosample",
    "channel": "specimen contrast_mechanism content biological_entity channel_label identifiers.accession",
    "acquisition": "title imaging_instrument image_acquisition_parameters methods.method Image.instrument",
    "image_data": "type format_and_compression dimensions.axis dimensions.size dimensions.pixel_size dimensions.unit "
    "channel_information processing_method contrast_inversion quality_control quality_metrics.name "
    "quality_metrics.value component",
    "correlation": "spatial_and_temporal_alignment fiducials_used coordinates transformation_matrix related_images "
    "image_pairs.image image_pairs.relationship image_pairs.related_image",
    "analysis": "title analysis_result_type analysis_method features_analysed software.name software.version "
    "software.url inputs.path inputs.component outputs.path outputs.component phenotypes.phenotype",
    "annotation_method": "title overview method_types.method_type criteria coverage confidence authors.name "
    "authors.contributor annotation_source software.name spatial_information",
    "annotation": "source_image annotation_type method creation_time transformation version path held_in",
    "creation": "images.path images.component acquisitions.acquisition protocol analysis input_images.path "
    "specimens.specimen",
}
TERMS = {
    "organisms.organism", "biological_entity", "variables.value", "strain", "contrast_mechanism", "content",
    "methods.method", "phenotypes.phenotype",
}  # fmt: skip


@pytest.mark.parametrize("key", FIELDS)
def test_each_field_of_the_standards_has_its_place(key: str) -> None:
    module = BY_KEY[key]
    for name in FIELDS[key].split():
        first, _, column = name.partition(".")
        if first[0].isupper():
            assert apps.get_model("catalogue", first)._meta.get_field(column)
            continue
        found = module.field(first)
        if column:
            found = next(one for one in found.columns if one.name == column)
        assert (found.kind is Kind.TERM) == (name in TERMS), name


def test_roles_are_those_of_datacite_and_credit() -> None:
    assert len(CREDIT_ROLES) == 14  # ANSI/NISO Z39.104-2022
    known = {key for key, _ in next(iter(BY_KEY["contributor"].field("roles").columns)).choices}
    assert known == {key for key, _ in (*DATACITE_ROLES, *CREDIT_ROLES)}


def whole() -> dict[str, Any]:
    """A document with something in every field."""
    text = json.dumps(factory.document(private_until="2026-12-01"))
    document: dict[str, Any] = json.loads(re.sub(r'"curie": "[^"]*"', '"curie": ""', text))  # no term is loaded here
    for key, module in BY_KEY.items():
        if key != "study" and module.plural not in document:
            document[module.plural] = [{"id": f"{key}-1"}]
    ids = {key: document[module.plural][0]["id"] for key, module in BY_KEY.items() if key not in {"study"}}
    for key, module in BY_KEY.items():
        row = document["study"] if key == "study" else document[module.plural][0]
        for one in module.fields:
            row.setdefault(one.name, _value(one, ids) if one.kind is not Kind.ROWS else [
                {column.name: _value(column, ids) for column in one.columns}])  # fmt: skip
    return document


def _value(one: Any, ids: dict[str, str]) -> Any:
    if one.kind is Kind.REFERENCE:
        return ids[one.target]
    if one.kind is Kind.CHOICE:
        return one.choices[0][0]
    if one.kind is Kind.TERM:
        return {"text": one.example or "something", "curie": ""}
    return one.example or "something"


@pytest.mark.django_db
def test_what_is_published_is_what_was_typed_but_for_what_is_private() -> None:
    study = factory.draft()
    owner = Actor(study.owner)
    problems = documents.write(owner, study, whole())
    assert problems == []
    typed = documents.read(study)
    published = document_of(of_draft(study, owner))
    for row in typed["contributors"]:
        row["email"] = ""  # never published
    typed["study"]["private_until"] = ""  # over when it is published
    for key, module in BY_KEY.items():
        assert published[module.plural] == typed[module.plural], key
    empty = [
        f"{key}.{one.name}"
        for key, module in BY_KEY.items()
        for one in module.fields
        if not (typed["study"] if key == "study" else typed[module.plural][0])[one.name]
    ]
    assert empty == ["study.private_until", "contributor.email"]
