"""A published version as plain data, made from its Record alone."""

import pytest
from django.test import Client

from catalogue import documents
from catalogue.exchange.download import writable
from catalogue.exchange.merge import Mode, merge
from catalogue.models import Study
from ontology.loading import load_starter
from publishing import queries
from publishing.dossiers import of_publication
from publishing.models import Publication
from tests.portal.publishing import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def publication() -> Publication:
    load_starter()
    return published()


def test_it_has_what_the_document_had_but_for_e_mail_addresses(publication: Publication) -> None:
    draft = documents.read(Study.objects.get(pk=publication.study_id))
    for person in draft["contributors"]:
        person["email"] = ""
    changes = merge(draft, of_publication(publication).document, Mode.REPLACE).changes
    assert [(one.path, one.old, one.new) for one in changes] == []


def test_what_is_changed_later_in_the_draft_does_not_show(publication: Publication) -> None:
    Study.objects.filter(pk=publication.study_id).update(title="Something that nobody may see yet")
    assert of_publication(publication).document["study"]["title"] != "Something that nobody may see yet"


def test_it_is_had_in_every_format_by_anybody(client: Client, publication: Publication) -> None:
    page = client.get(f"/studies/{publication.accession}").text
    for one in writable():
        address = f"/studies/{publication.accession}/v{publication.version}/exports/{one.key}"
        assert address in page
        answer = client.get(address)
        assert (answer.status_code, bool(answer.content)) == (200, True), one.key
        assert "attachment" in answer["Content-Disposition"]
        assert b"ada@example.org" not in answer.content
    assert client.get(f"/studies/{publication.accession}/exports/yaml").status_code == 200
    assert client.get(f"/studies/{publication.accession}/exports/nonsense").status_code == 404
    assert queries.by_accession(publication.accession) == publication
