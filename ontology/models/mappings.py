"""What people decided that a text stands for."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.ids import new_id
from base.models import User


class Decision(models.Model):
    """That a text in a field of one binding stands for a term, or (no `curie`) that no term fits it.

    One decision of a text and binding is in force; one that was undone or replaced keeps its row, with the time. A
    proposal is what a depositor chose for a study of theirs: it holds there only, until a curator takes it for all.
    The term is kept as text, since versions of ontologies come and go. Until a study with the text is published, a
    decision is for those alone who may see drafts.
    """

    class Predicate(models.TextChoices):
        EXACT = "skos:exactMatch", _("the same")
        CLOSE = "skos:closeMatch", _("nearly the same")
        BROAD = "skos:broadMatch", _("the term is broader")
        NARROW = "skos:narrowMatch", _("the term is narrower")

    class Justification(models.TextChoices):
        """How it came about, in the words of the Semantic Mapping Vocabulary (SSSOM mapping_justification)."""

        MANUAL = "semapv:ManualMappingCuration", _("chosen by a person")
        LEXICAL = "semapv:LexicalMatching", _("the names are the same; looked at by a person")
        SIMILAR = "semapv:LexicalSimilarityThresholdMatching", _("the names are alike; looked at by a person")
        REVIEW = "semapv:MappingReview", _("a proposal that was reviewed")
        SEMANTIC = "semapv:SemanticSimilarityThresholdMatching", _("the meanings are alike")
        LOGICAL = "semapv:LogicalReasoning", _("by logical reasoning")
        COMPOSITE = "semapv:CompositeMatching", _("by several methods")
        CHAINING = "semapv:MappingChaining", _("by a chain of mappings")
        INVERSION = "semapv:MappingInversion", _("by turning a mapping round")
        STRUCTURAL = "semapv:StructuralMatching", _("by the place in the tree")
        INSTANCE = "semapv:InstanceBasedMatching", _("by what is annotated")
        BACKGROUND = "semapv:BackgroundKnowledgeBasedMatching", _("by background knowledge")
        UNSPECIFIED = "semapv:UnspecifiedMatching", _("not said how")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    text = models.TextField()  # as it was written
    folded = models.CharField(max_length=400)  # ontology.names.comparing.fold of it
    binding = models.CharField(max_length=40)
    predicate = models.CharField(max_length=20, choices=Predicate, default=Predicate.EXACT)
    curie = models.CharField(max_length=100, blank=True)
    iri = models.CharField(max_length=300, blank=True)
    label = models.CharField(max_length=400, blank=True)
    justification = models.CharField(max_length=50, choices=Justification, default=Justification.MANUAL)
    confidence = models.FloatField(null=True)  # 0 to 1
    comment = models.TextField(blank=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField()
    author = models.TextField(blank=True)  # who said so, of an imported one: names and identifiers, with | between
    source = models.CharField(max_length=500, blank=True)  # the mapping set that it came in with
    study_id = models.UUIDField(null=True)  # the study in which it was made, if in one
    is_proposal = models.BooleanField(default=False)
    is_public = models.BooleanField(default=False)  # a published study holds the text, or it came with a public set
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    replaced_by: Any = models.ForeignKey("self", models.SET_NULL, null=True, related_name="replaces")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["folded", "binding"],
                condition=Q(ended_at=None, is_proposal=False),
                name="decision_in_force_once",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["curie"]), models.Index(fields=["is_proposal", "ended_at", "id"])]

    def __str__(self) -> str:
        return f"“{self.text}” ({self.binding}): {self.label or 'no term fits'}"

    @property
    def who(self) -> str:
        """Who decided, for people: a name, never an address."""
        person = self.decided_by
        return (person.name if person else "") or self.author or str(_("a curator"))
