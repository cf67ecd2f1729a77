"""As whom one searches."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest

from base.groups import create_group
from catalogue.access import Actor
from publishing.search import PUBLIC, Document, Query
from publishing.search.audience import audience_of, of_group, of_person
from publishing.search.tantivy_engine.index import TantivyIndex
from tests import factory

pytestmark = pytest.mark.django_db


def test_only_who_may_finds_what_is_not_public(tmp_path: Path) -> None:
    ada, ben = factory.user(), factory.user()
    lab = create_group(person=ada, name="A lab")
    one = Document("a", "study", "a", "VIT-1", "for all", datetime(2026, 1, 1, tzinfo=UTC))
    index = TantivyIndex(tmp_path)
    index.index(
        [
            one,
            dataclasses.replace(one, id="b", title="for the lab", audience=(of_group(lab),)),
            dataclasses.replace(one, id="c", title="for Ben", audience=(of_person(ben),)),
        ]
    )
    index.commit()

    def found(actor: Actor) -> set[str]:
        return {hit.title for hit in index.search(Query(audience=audience_of(actor))).hits}

    assert audience_of(Actor()) == (PUBLIC,)
    assert found(Actor()) == {"for all"}
    assert found(Actor(ada)) == {"for all", "for the lab"}
    assert found(Actor(ben)) == {"for all", "for Ben"}
