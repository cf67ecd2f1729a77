from django.db import models

from catalogue.models.entity import Entity, Row


class Organisation(Entity):
    name = models.TextField(blank=True)
    ror = models.CharField(max_length=100, blank=True)
    address = models.TextField(blank=True)
    website = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name


class Contributor(Entity):
    family_name = models.TextField(blank=True)
    given_name = models.TextField(blank=True)
    orcid = models.CharField(max_length=100, blank=True)
    email = models.CharField(max_length=254, blank=True)

    def __str__(self) -> str:
        return ", ".join(part for part in (self.family_name, self.given_name) if part)


class Affiliation(Row):
    owner = models.ForeignKey(Contributor, models.CASCADE, related_name="affiliations")
    organisation = models.ForeignKey(Organisation, models.CASCADE, null=True, related_name="+")

    def __str__(self) -> str:
        return str(self.organisation)


class ContributorRole(Row):
    owner = models.ForeignKey(Contributor, models.CASCADE, related_name="roles")
    role = models.CharField(max_length=50, blank=True)

    def __str__(self) -> str:
        return self.role


class Funding(Entity):
    funder_name = models.TextField(blank=True)
    funder_id = models.CharField(max_length=200, blank=True)
    identifier = models.CharField(max_length=200, blank=True)
    title = models.TextField(blank=True)

    def __str__(self) -> str:
        return " ".join(part for part in (self.funder_name, self.identifier) if part)


class FurtherFunder(Row):
    """Who else pays for the same grant."""

    owner = models.ForeignKey(Funding, models.CASCADE, related_name="further_funders")
    name = models.TextField(blank=True)
    identifier = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name
