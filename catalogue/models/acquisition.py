from django.db import models

from catalogue.models.entity import Entity, Row, term_field


class ImageAcquisition(Entity):
    title = models.TextField(blank=True)
    imaging_instrument = models.TextField(blank=True)
    image_acquisition_parameters = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.title


class ImagingMethod(Row):
    owner = models.ForeignKey(ImageAcquisition, models.CASCADE, related_name="methods")
    method = models.TextField(blank=True)
    method_term = term_field()

    def __str__(self) -> str:
        return self.method
