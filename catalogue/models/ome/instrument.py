"""OME Instrument and its parts. Lengths are given also in micrometres, other quantities in SI units."""

from typing import ClassVar

from django.db import models

from catalogue.models.ome.base import OmeRow


class Instrument(OmeRow):
    ome_id = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.ome_id


class Part(OmeRow):
    """Manufacturer's particulars, which every part of an instrument may have (OME ManufacturerSpec)."""

    parents = ("instrument",)
    manufacturer = models.TextField(blank=True)
    model = models.TextField(blank=True)
    serial_number = models.TextField(blank=True)
    lot_number = models.TextField(blank=True)

    class Meta(OmeRow.Meta):
        abstract = True

    def __str__(self) -> str:
        return " ".join(part for part in (self.manufacturer, self.model) if part) or getattr(self, "ome_id", "")


class Microscope(Part):
    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="microscopes")
    type = models.CharField(max_length=50, blank=True)


class Objective(Part):
    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="objectives")
    ome_id = models.CharField(max_length=200, blank=True)
    correction = models.CharField(max_length=50, blank=True)
    immersion = models.CharField(max_length=50, blank=True)
    lens_na = models.FloatField(null=True)
    nominal_magnification = models.FloatField(null=True)
    calibrated_magnification = models.FloatField(null=True)
    working_distance = models.FloatField(null=True)
    working_distance_unit = models.CharField(max_length=20, blank=True)
    working_distance_um = models.FloatField(null=True)
    iris = models.BooleanField(null=True)


class Detector(Part):
    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="detectors")
    ome_id = models.CharField(max_length=200, blank=True)
    type = models.CharField(max_length=50, blank=True)
    gain = models.FloatField(null=True)
    voltage = models.FloatField(null=True)
    voltage_unit = models.CharField(max_length=20, blank=True)
    voltage_v = models.FloatField(null=True)
    offset = models.FloatField(null=True)
    zoom = models.FloatField(null=True)
    amplification_gain = models.FloatField(null=True)


class LightSource(Part):
    """Laser, Arc, Filament, LightEmittingDiode or GenericExcitationSource, as `kind` says; only lasers have it all."""

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="light_sources")
    kind = models.CharField(max_length=30)
    ome_id = models.CharField(max_length=200, blank=True)
    type = models.CharField(max_length=50, blank=True)
    power = models.FloatField(null=True)
    power_unit = models.CharField(max_length=20, blank=True)
    power_w = models.FloatField(null=True)
    laser_medium = models.CharField(max_length=50, blank=True)
    wavelength = models.FloatField(null=True)
    wavelength_unit = models.CharField(max_length=20, blank=True)
    wavelength_um = models.FloatField(null=True)
    frequency_multiplication = models.IntegerField(null=True)
    tuneable = models.BooleanField(null=True)
    pulse = models.CharField(max_length=50, blank=True)
    pockel_cell = models.BooleanField(null=True)
    repetition_rate = models.FloatField(null=True)
    repetition_rate_unit = models.CharField(max_length=20, blank=True)
    repetition_rate_hz = models.FloatField(null=True)
    pump = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")  # the source that pumps a laser
    has_map = models.BooleanField(default=False)  # of a generic source: its settings are MapEntry rows


class Filter(Part):
    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="filters")
    ome_id = models.CharField(max_length=200, blank=True)
    type = models.CharField(max_length=50, blank=True)
    filter_wheel = models.TextField(blank=True)


class TransmittanceRange(OmeRow):
    """What a filter lets through."""

    parents = ("filter",)
    filter = models.ForeignKey(Filter, models.CASCADE, related_name="transmittance_ranges")
    cut_in = models.FloatField(null=True)
    cut_in_unit = models.CharField(max_length=20, blank=True)
    cut_in_um = models.FloatField(null=True)
    cut_out = models.FloatField(null=True)
    cut_out_unit = models.CharField(max_length=20, blank=True)
    cut_out_um = models.FloatField(null=True)
    cut_in_tolerance = models.FloatField(null=True)
    cut_in_tolerance_unit = models.CharField(max_length=20, blank=True)
    cut_in_tolerance_um = models.FloatField(null=True)
    cut_out_tolerance = models.FloatField(null=True)
    cut_out_tolerance_unit = models.CharField(max_length=20, blank=True)
    cut_out_tolerance_um = models.FloatField(null=True)
    transmittance = models.FloatField(null=True)  # 0..1


class Dichroic(Part):
    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="dichroics")
    ome_id = models.CharField(max_length=200, blank=True)


class FilterSet(Part):
    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="filter_sets")
    ome_id = models.CharField(max_length=200, blank=True)
    dichroic = models.ForeignKey(Dichroic, models.SET_NULL, null=True, related_name="+")


class FilterRef(OmeRow):
    """A filter of a filter set or light path: ExcitationFilterRef or EmissionFilterRef, as `kind` says."""

    parents = ("filter_set", "light_path")
    target: ClassVar[str] = "filter"
    kind = models.CharField(max_length=30)
    filter_set = models.ForeignKey(FilterSet, models.CASCADE, null=True, related_name="filters")
    light_path = models.ForeignKey("catalogue.LightPath", models.CASCADE, null=True, related_name="filters")
    filter = models.ForeignKey(Filter, models.CASCADE, null=True, related_name="+")
