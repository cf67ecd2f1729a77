from django.db import models

from catalogue.models.entity import Entity, Row, term_field


class BioSample(Entity):
    title = models.TextField(blank=True)
    biological_entity = models.TextField(blank=True)
    biological_entity_term = term_field()
    strain = models.TextField(blank=True)
    strain_term = term_field()
    description = models.TextField(blank=True)
    growth_protocol = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.title


class Organism(Row):
    owner = models.ForeignKey(BioSample, models.CASCADE, related_name="organisms")
    organism = models.TextField(blank=True)
    organism_term = term_field()
    common_name = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.organism


class Variable(Row):
    owner = models.ForeignKey(BioSample, models.CASCADE, related_name="variables")
    kind = models.CharField(max_length=20, blank=True)
    name = models.TextField(blank=True)
    value = models.TextField(blank=True)
    value_term = term_field()
    unit = models.CharField(max_length=50, blank=True)

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"


class ArchiveIdentifier(Row):
    """What a thing is called in another archive or registry (catalogue.rules.archives)."""

    database = models.CharField(max_length=50, blank=True)
    accession = models.CharField(max_length=200, blank=True)

    class Meta(Row.Meta):
        abstract = True

    def __str__(self) -> str:
        return f"{self.database}:{self.accession}"


class BioSampleIdentifier(ArchiveIdentifier):
    owner = models.ForeignKey(BioSample, models.CASCADE, related_name="identifiers")


class Specimen(Entity):
    biosample = models.ForeignKey(BioSample, models.SET_NULL, null=True, related_name="specimens")
    title = models.TextField(blank=True)
    sample_preparation = models.TextField(blank=True)
    growth_protocol = models.TextField(blank=True)
    experimental_status = models.CharField(max_length=20, blank=True)
    location_within_biosample = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.title


class SpecimenBioSample(Row):
    """A further sample of which a preparation is made, e.g. the other cells of a co-culture."""

    owner = models.ForeignKey(Specimen, models.CASCADE, related_name="further_biosamples")
    biosample = models.ForeignKey(BioSample, models.CASCADE, null=True, related_name="+")

    def __str__(self) -> str:
        return str(self.biosample)


class SignalChannel(Entity):
    """What a channel of a preparation shows (REMBI); an image's own Channel (OME) is how it was taken."""

    specimen = models.ForeignKey(Specimen, models.SET_NULL, null=True, related_name="channels")
    content = models.TextField(blank=True)
    content_term = term_field()
    biological_entity = models.TextField(blank=True)
    biological_entity_term = term_field()
    channel_label = models.TextField(blank=True)
    contrast_mechanism = models.TextField(blank=True)
    contrast_mechanism_term = term_field()

    def __str__(self) -> str:
        return self.content


class SignalChannelIdentifier(ArchiveIdentifier):
    owner = models.ForeignKey(SignalChannel, models.CASCADE, related_name="identifiers")
