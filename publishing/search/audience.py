"""As whom one searches: the names by which documents say who may find them (`Document.audience`)."""

from base.groups import groups_of
from base.models import Group, User
from catalogue.access import Actor
from publishing.search.document import PUBLIC


def audience_of(actor: Actor) -> tuple[str, ...]:
    """Everybody finds what is public; a person also what is theirs or one of their groups'. One query for a person.

    What is published is public, and nothing else has a Record that could be indexed, so that PUBLIC is all that
    documents carry today: drafts, embargoed and shared studies are found in their own lists, behind `catalogue.access`.
    """
    person = actor.person
    if person is None:
        return (PUBLIC,)
    return (PUBLIC, of_person(person), *map(of_group, groups_of(person)))


def of_person(person: User) -> str:
    return f"user:{person.pk}"


def of_group(group: Group) -> str:
    return f"group:{group.pk}"
