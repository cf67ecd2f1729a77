"""Published studies for the tests of pages."""

from typing import Any

from base.models import User
from catalogue import documents, services
from catalogue.access import Actor
from catalogue.models import Study
from ontology.hierarchy import renumber
from ontology.models import Ontology, Parent, Synonym, Term
from publishing.models import Publication
from publishing.services import approve
from tests import factory


def terms() -> None:
    """Homo sapiens below Mammalia."""
    ontology = Ontology.objects.create(
        prefix="NCBITaxon", name="NCBI organismal classification", version="2026-01", source="test"
    )
    human, mammals = (
        Term.objects.create(
            ontology=ontology,
            curie=f"NCBITaxon:{number}",
            iri=f"http://purl.obolibrary.org/obo/NCBITaxon_{number}",
            label=label,
            label_folded=label.lower(),
            definition=definition,
        )
        for number, label, definition in ((9606, "Homo sapiens", "The human species."), (40674, "Mammalia", ""))
    )
    Synonym.objects.create(term=human, text="human", text_folded="human")
    Parent.objects.create(term=human, parent=mammals)
    renumber(ontology)


def publish(study: Study) -> Publication:
    made = approve(actor=Actor(factory.curator()), study_id=study.pk)
    assert made is not None
    return made


def published(owner: User | None = None, images: int = 1, **fields: Any) -> Publication:
    """A study that went all the way, with these fields of its own."""
    return publish(factory.submitted(owner, images, **fields))


def next_version(publication: Publication, **fields: Any) -> Publication:
    """Its next version, published, with these fields changed."""
    study = publication.study
    owner = Actor(study.owner)
    study = services.start_new_version(actor=owner, study_id=study.pk)
    document = documents.read(study)
    document["study"] |= fields
    documents.write(owner, study, document)
    services.submit(actor=owner, study_id=study.pk)
    return publish(study)
