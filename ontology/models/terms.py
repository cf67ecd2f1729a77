"""Ontologies and their terms as tables."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Ontology(models.Model):
    """One loaded version of an ontology; versions stand side by side, one of them is current."""

    prefix = models.CharField(max_length=40)  # CURIE prefix as bioregistry writes it, e.g. NCBITaxon
    name = models.CharField(max_length=200)
    version = models.CharField(max_length=100)
    iri = models.URLField(max_length=300, blank=True)
    source = models.CharField(max_length=300)  # where the terms were taken from
    licence = models.CharField(max_length=50, blank=True)  # SPDX id
    is_current = models.BooleanField(default=True)
    loaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["prefix", "version"], name="ontology_version_once")]

    def __str__(self) -> str:
        return f"{self.prefix} {self.version}"


class Term(models.Model):
    ontology = models.ForeignKey(Ontology, models.CASCADE, related_name="terms")
    curie = models.CharField(max_length=100, db_index=True)
    iri = models.CharField(max_length=300, db_index=True)
    label = models.CharField(max_length=400)
    label_folded = models.CharField(max_length=400, db_index=True)  # lower case, for exact matches and prefixes
    definition = models.TextField(blank=True)
    obsolete = models.BooleanField(default=False)
    replaced_by = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["ontology", "curie"], name="term_once")]

    def __str__(self) -> str:
        return f"{self.label} ({self.curie})"


class Synonym(models.Model):
    class Scope(models.TextChoices):
        EXACT = "exact", _("exact")
        RELATED = "related", _("related")
        BROAD = "broad", _("broad")
        NARROW = "narrow", _("narrow")

    term = models.ForeignKey(Term, models.CASCADE, related_name="synonyms")
    text = models.CharField(max_length=400)
    text_folded = models.CharField(max_length=400, db_index=True)
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.EXACT)

    def __str__(self) -> str:
        return self.text


class Xref(models.Model):
    term = models.ForeignKey(Term, models.CASCADE, related_name="xrefs")
    curie = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.curie


class Parent(models.Model):
    term = models.ForeignKey(Term, models.CASCADE, related_name="parent_links")
    parent = models.ForeignKey(Term, models.CASCADE, related_name="child_links")
    relation = models.CharField(max_length=100, default="rdfs:subClassOf")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["term", "parent", "relation"], name="parent_once")]

    def __str__(self) -> str:
        return f"{self.term_id} {self.relation} {self.parent_id}"


class Ancestor(models.Model):
    """Every (term, ancestor) pair, so that "this or any kind of it" is one indexed join. A term is its own at 0."""

    term = models.ForeignKey(Term, models.CASCADE, related_name="ancestor_links")
    ancestor = models.ForeignKey(Term, models.CASCADE, related_name="descendant_links")
    distance = models.PositiveSmallIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["term", "ancestor"], name="ancestor_once")]

    def __str__(self) -> str:
        return f"{self.ancestor_id} above {self.term_id}"
