"""Regions of interest and their shapes."""

from typing import ClassVar

from django.db import models

from catalogue.models.ome.base import OmeRow
from catalogue.models.ome.experiment import MicrobeamManipulation
from catalogue.models.ome.project import Folder


class ROI(OmeRow):
    ome_id = models.CharField(max_length=200, blank=True)
    name = models.TextField(blank=True)
    description = models.TextField(blank=True)
    union = models.BooleanField(default=False)  # whether there is such an element, be it empty


class Shape(OmeRow):
    """Rectangle, Ellipse, Point, Line, Polyline, Polygon, Mask or Label, as `kind` says. Colours are RGBA as one
    signed number; coordinates are in pixels."""

    parents = ("roi",)
    roi = models.ForeignKey(ROI, models.CASCADE, related_name="shapes")
    kind = models.CharField(max_length=12)
    ome_id = models.CharField(max_length=200, blank=True)
    x = models.FloatField(null=True)
    y = models.FloatField(null=True)
    width = models.FloatField(null=True)
    height = models.FloatField(null=True)
    radius_x = models.FloatField(null=True)
    radius_y = models.FloatField(null=True)
    x1 = models.FloatField(null=True)
    y1 = models.FloatField(null=True)
    x2 = models.FloatField(null=True)
    y2 = models.FloatField(null=True)
    points = models.TextField(blank=True)  # "x,y x,y …"
    marker_start = models.CharField(max_length=20, blank=True)
    marker_end = models.CharField(max_length=20, blank=True)
    the_z = models.IntegerField(null=True)
    the_t = models.IntegerField(null=True)
    the_c = models.IntegerField(null=True)
    text = models.TextField(blank=True)
    font_family = models.CharField(max_length=20, blank=True)
    font_size = models.IntegerField(null=True)
    font_size_unit = models.CharField(max_length=20, blank=True)
    font_style = models.CharField(max_length=20, blank=True)
    fill_color = models.IntegerField(null=True)
    fill_rule = models.CharField(max_length=20, blank=True)
    stroke_color = models.IntegerField(null=True)
    stroke_width = models.FloatField(null=True)
    stroke_width_unit = models.CharField(max_length=20, blank=True)
    stroke_dash_array = models.TextField(blank=True)
    locked = models.BooleanField(null=True)


class Transform(OmeRow):
    """An affine transform of a shape, [[a00, a01, a02], [a10, a11, a12]]."""

    parents = ("shape",)
    shape = models.ForeignKey(Shape, models.CASCADE, related_name="transforms")
    a00 = models.FloatField(null=True)
    a10 = models.FloatField(null=True)
    a01 = models.FloatField(null=True)
    a11 = models.FloatField(null=True)
    a02 = models.FloatField(null=True)
    a12 = models.FloatField(null=True)


class ROIRef(OmeRow):
    """A region of an image, in a folder, or of a manipulation."""

    parents = ("image", "folder", "microbeam_manipulation")
    target: ClassVar[str] = "roi"
    image = models.ForeignKey("catalogue.Image", models.CASCADE, null=True, related_name="rois")
    folder = models.ForeignKey(Folder, models.CASCADE, null=True, related_name="rois")
    microbeam_manipulation = models.ForeignKey(MicrobeamManipulation, models.CASCADE, null=True, related_name="rois")
    roi = models.ForeignKey(ROI, models.CASCADE, null=True, related_name="+")
