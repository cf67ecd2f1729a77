"""How the instrument was set for an image and its channels."""

from django.db import models

from catalogue.models.ome.base import OmeRow
from catalogue.models.ome.experiment import MicrobeamManipulation
from catalogue.models.ome.instrument import Detector, Dichroic, LightSource, Objective


class ObjectiveSettings(OmeRow):
    parents = ("image",)
    image = models.ForeignKey("catalogue.Image", models.CASCADE, related_name="objective_settings")
    objective = models.ForeignKey(Objective, models.SET_NULL, null=True, related_name="settings")
    correction_collar = models.FloatField(null=True)
    medium = models.CharField(max_length=50, blank=True)
    refractive_index = models.FloatField(null=True)


class ImagingEnvironment(OmeRow):
    parents = ("image",)
    image = models.ForeignKey("catalogue.Image", models.CASCADE, related_name="imaging_environments")
    temperature = models.FloatField(null=True)
    temperature_unit = models.CharField(max_length=20, blank=True)
    temperature_celsius = models.FloatField(null=True)
    air_pressure = models.FloatField(null=True)
    air_pressure_unit = models.CharField(max_length=20, blank=True)
    air_pressure_pa = models.FloatField(null=True)
    humidity = models.FloatField(null=True)  # 0..1
    co2_percent = models.FloatField(null=True)  # 0..1, in spite of its name
    has_map = models.BooleanField(default=False)  # whether there is a Map; its entries are MapEntry rows


class StageLabel(OmeRow):
    parents = ("image",)
    image = models.ForeignKey("catalogue.Image", models.CASCADE, related_name="stage_labels")
    name = models.TextField(blank=True)
    x = models.FloatField(null=True)
    x_unit = models.CharField(max_length=20, blank=True)
    x_um = models.FloatField(null=True)
    y = models.FloatField(null=True)
    y_unit = models.CharField(max_length=20, blank=True)
    y_um = models.FloatField(null=True)
    z = models.FloatField(null=True)
    z_unit = models.CharField(max_length=20, blank=True)
    z_um = models.FloatField(null=True)


class LightSourceSettings(OmeRow):
    """How a light source was set for a channel, or for a manipulation of the specimen."""

    parents = ("channel", "microbeam_manipulation")
    channel = models.ForeignKey("catalogue.Channel", models.CASCADE, null=True, related_name="light_source_settings")
    microbeam_manipulation = models.ForeignKey(
        MicrobeamManipulation, models.CASCADE, null=True, related_name="light_source_settings"
    )
    light_source = models.ForeignKey(LightSource, models.SET_NULL, null=True, related_name="settings")
    attenuation = models.FloatField(null=True)  # 0..1
    wavelength = models.FloatField(null=True)
    wavelength_unit = models.CharField(max_length=20, blank=True)
    wavelength_um = models.FloatField(null=True)


class DetectorSettings(OmeRow):
    parents = ("channel",)
    channel = models.ForeignKey("catalogue.Channel", models.CASCADE, related_name="detector_settings")
    detector = models.ForeignKey(Detector, models.SET_NULL, null=True, related_name="settings")
    offset = models.FloatField(null=True)
    gain = models.FloatField(null=True)
    voltage = models.FloatField(null=True)
    voltage_unit = models.CharField(max_length=20, blank=True)
    voltage_v = models.FloatField(null=True)
    zoom = models.FloatField(null=True)
    read_out_rate = models.FloatField(null=True)
    read_out_rate_unit = models.CharField(max_length=20, blank=True)
    read_out_rate_hz = models.FloatField(null=True)
    binning = models.CharField(max_length=50, blank=True)
    integration = models.IntegerField(null=True)  # frames averaged


class LightPath(OmeRow):
    """The way of the light of a channel; its filters are FilterRef rows."""

    parents = ("channel",)
    channel = models.ForeignKey("catalogue.Channel", models.CASCADE, related_name="light_paths")
    dichroic = models.ForeignKey(Dichroic, models.SET_NULL, null=True, related_name="+")
