"""Ontologies and their terms as tables."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Ontology(models.Model):
    """One loaded version of an ontology; versions stand side by side, one of them is current. A starter set is a small
    part of a version and stands beside the whole of it."""

    class State(models.TextChoices):
        LOADING = "loading", _("being loaded")
        READY = "ready", _("ready")

    prefix = models.CharField(max_length=40)  # CURIE prefix as bioregistry writes it, e.g. NCBITaxon
    name = models.CharField(max_length=200)
    version = models.CharField(max_length=100)
    iri = models.URLField(max_length=300, blank=True)
    source = models.CharField(max_length=300)  # where the terms were taken from
    licence = models.CharField(max_length=50, blank=True)  # SPDX id
    is_part = models.BooleanField(default=False)  # a starter set
    is_current = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State, default=State.READY)
    digest = models.CharField(max_length=64, blank=True)  # sha256 of what was loaded
    term_count = models.PositiveIntegerField(default=0)
    loaded_at = models.DateTimeField(default=timezone.now)  # when its terms last changed

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["prefix", "version", "is_part"], name="ontology_version_once"),
            models.UniqueConstraint(fields=["prefix"], condition=Q(is_current=True), name="one_current_version"),
            models.CheckConstraint(condition=Q(is_current=False) | Q(state="ready"), name="current_version_is_ready"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix} {self.version}"


class Term(models.Model):
    ontology = models.ForeignKey(Ontology, models.CASCADE, related_name="terms")
    curie = models.CharField(max_length=100, db_index=True)
    iri = models.CharField(max_length=300, db_index=True)
    label = models.TextField()  # names of chemical compounds can be very long
    label_folded = models.CharField(max_length=400, db_index=True)  # for exact matches; its first 400 characters
    definition = models.TextField(blank=True)
    obsolete = models.BooleanField(default=False)
    replaced_by = models.CharField(max_length=300, blank=True)
    consider = models.TextField(blank=True)  # CURIEs with spaces between: what may be meant instead of an obsolete term
    position = models.PositiveIntegerField(default=0)  # its number in a walk through its ontology, see Span

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["ontology", "curie"], name="term_once")]
        indexes: ClassVar = [models.Index(fields=["ontology", "position"], name="term_position")]

    def __str__(self) -> str:
        return f"{self.label} ({self.curie})"


class Synonym(models.Model):
    class Scope(models.TextChoices):
        EXACT = "exact", _("exact")
        RELATED = "related", _("related")
        BROAD = "broad", _("broad")
        NARROW = "narrow", _("narrow")

    term = models.ForeignKey(Term, models.CASCADE, related_name="synonyms")
    text = models.TextField()
    text_folded = models.CharField(max_length=400, db_index=True)  # its first 400 characters
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.EXACT)

    def __str__(self) -> str:
        return self.text


class Xref(models.Model):
    term = models.ForeignKey(Term, models.CASCADE, related_name="xrefs")
    curie = models.TextField()  # some are addresses of pages

    def __str__(self) -> str:
        return self.curie


class Parent(models.Model):
    """A link up. Both "is a" and "part of" make the hierarchy, so that what is asked of brain finds its cortex. Links
    that close a circle are left out when an ontology is loaded."""

    class Relation(models.TextChoices):
        SUBCLASS = "rdfs:subClassOf", _("is a")
        PART_OF = "BFO:0000050", _("part of")
        BROADER = "skos:broader", _("narrower than")

    term = models.ForeignKey(Term, models.CASCADE, related_name="parent_links")
    parent = models.ForeignKey(Term, models.CASCADE, related_name="child_links")
    relation = models.CharField(max_length=20, choices=Relation, default=Relation.SUBCLASS)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["term", "parent", "relation"], name="parent_once")]

    def __str__(self) -> str:
        return f"{self.term_id} {self.relation} {self.parent_id}"


class Span(models.Model):
    """A range of positions: a term and all below it are those of its ontology whose positions are in one of its spans.
    One is enough in a tree; a term below which others have several parents has more."""

    term = models.ForeignKey(Term, models.CASCADE, related_name="spans")
    low = models.PositiveIntegerField()
    high = models.PositiveIntegerField()  # included

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"
