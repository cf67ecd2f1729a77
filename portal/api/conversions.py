"""Other stored forms of an image: asked for, watched, stopped."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from base import jobs
from base.errors import NotFound
from base.models import Job
from catalogue import converting, stored_forms
from catalogue.access import Actor
from catalogue.models import Image
from catalogue.stored_forms import CONVERT, Form
from portal.api.schema import JobSerializer

FORMS = [form.value for form in Form]


class _AskedSerializer(serializers.Serializer[Any]):
    form = serializers.ChoiceField(
        choices=FORMS, help_text="ome-zarr, ome-tiff: all of it; levels: only those the file lacks."
    )


class ConversionSerializer(JobSerializer):
    form = serializers.ChoiceField(choices=FORMS, source="payload.form")


class ImageConversions(APIView):
    @extend_schema(
        responses=inline_serializer(
            "ImageConversions",
            {
                "made": serializers.ListField(child=serializers.ChoiceField(choices=FORMS), help_text="What there is."),
                "last": ConversionSerializer(allow_null=True, help_text="The newest that was asked for, as it is now."),
            },
        )
    )
    def get(self, request: Request, image_id: UUID) -> Response:
        """What was made of an image's pixels, and how far the newest conversion is."""
        forms = stored_forms.forms_of(_image(request, image_id))
        last = ConversionSerializer(forms.last).data if forms.last else None
        return Response({"made": [form.value for form in forms.made], "last": last})

    @extend_schema(request=_AskedSerializer, responses={202: ConversionSerializer})
    def post(self, request: Request, image_id: UUID) -> Response:
        """Have a form of the image made in the background; the file as deposited is never changed."""
        _image(request, image_id)
        body = _AskedSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        form = Form(body.validated_data["form"])
        job = converting.ask(actor=Actor.of(request), image_id=image_id, form=form)
        address = f"/api/v1/images/{image_id}/conversions/{job.pk}"
        return Response(ConversionSerializer(job).data, status=202, headers={"Location": address})


class OneForm(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, image_id: UUID, form: str) -> Response:
        """Remove a stored form that was made of the image; its file as deposited stays, and what is published too."""
        _image(request, image_id)
        if form not in FORMS:
            raise NotFound(f"There is no form “{form}”; there are {', '.join(FORMS)}.")
        stored_forms.remove(actor=Actor.of(request), image_id=image_id, form=Form(form))
        return Response(status=204)


class OneConversion(APIView):
    @extend_schema(responses=ConversionSerializer, operation_id="api_v1_images_conversions_one_retrieve")
    def get(self, request: Request, image_id: UUID, job_id: UUID) -> Response:
        """How far a conversion is, and why it failed if it did."""
        return Response(ConversionSerializer(_job(_image(request, image_id), job_id)).data)


class CancelConversion(APIView):
    @extend_schema(request=None, responses={202: ConversionSerializer})
    def post(self, request: Request, image_id: UUID, job_id: UUID) -> Response:
        """Stop a conversion; what was done of it is thrown away."""
        job = _job(_image(request, image_id), job_id)
        jobs.cancel(job)
        job.refresh_from_db()
        return Response(ConversionSerializer(job).data, status=202)


def _image(request: Request, image_id: UUID) -> Image:
    if Actor.of(request).person is None:  # no link gives this right
        raise NotAuthenticated
    return stored_forms.image_for(Actor.of(request), image_id)


def _job(image: Image, job_id: UUID) -> Job:
    job = Job.objects.filter(target=image.pk, kind=CONVERT, pk=job_id).first()
    if job is None:
        raise NotFound("There is no such conversion of this image.")
    return job
