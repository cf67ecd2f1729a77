"""OME Instrument and its parts, as read from one file."""

from django.db import models

from base.ids import new_id
from catalogue.models.files import File


class Instrument(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    file = models.ForeignKey(File, models.CASCADE, related_name="instruments")
    ome_id = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.ome_id


class Part(models.Model):
    """Manufacturer's particulars, which every part of an instrument may have (OME ManufacturerSpec)."""

    ome_id = models.CharField(max_length=200, blank=True)
    manufacturer = models.TextField(blank=True)
    model = models.TextField(blank=True)
    serial_number = models.TextField(blank=True)
    lot_number = models.TextField(blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return " ".join(part for part in (self.manufacturer, self.model) if part) or self.ome_id


class Microscope(Part):
    instrument = models.OneToOneField(Instrument, models.CASCADE, related_name="microscope")
    type = models.CharField(max_length=50, blank=True)


class Objective(Part):
    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="objectives")
    correction = models.CharField(max_length=50, blank=True)
    immersion = models.CharField(max_length=50, blank=True)
    lens_na = models.FloatField(null=True)
    nominal_magnification = models.FloatField(null=True)
    calibrated_magnification = models.FloatField(null=True)
    working_distance = models.FloatField(null=True)
    working_distance_unit = models.CharField(max_length=20, blank=True)
    iris = models.BooleanField(null=True)


class Detector(Part):
    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="detectors")
    type = models.CharField(max_length=50, blank=True)
    gain = models.FloatField(null=True)
    voltage = models.FloatField(null=True)
    voltage_unit = models.CharField(max_length=20, blank=True)
    offset = models.FloatField(null=True)
    zoom = models.FloatField(null=True)
    amplification_gain = models.FloatField(null=True)


class LightSource(Part):
    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="light_sources")
    kind = models.CharField(max_length=30)  # Laser, Arc, Filament, LightEmittingDiode, GenericExcitationSource
    type = models.CharField(max_length=50, blank=True)
    power = models.FloatField(null=True)
    power_unit = models.CharField(max_length=20, blank=True)
    wavelength = models.FloatField(null=True)
    wavelength_unit = models.CharField(max_length=20, blank=True)


class Filter(Part):
    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="filters")
    type = models.CharField(max_length=50, blank=True)
    filter_wheel = models.TextField(blank=True)
