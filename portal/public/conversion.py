"""Other stored forms of an image, for those who may have them made: a page, or the part of one that its script asks."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from base.errors import DomainError, NotFound
from catalogue import converting, stored_forms
from catalogue.access import NOT_SHARED, Actor, Verb, may, require
from catalogue.models import Image
from catalogue.stored_forms import Form

WORDS = {
    Form.OME_ZARR: (
        _("OME-Zarr"),
        _("with the levels and chunks it is served in, so that nothing is decoded any more"),
    ),
    Form.OME_TIFF: (
        _("OME-TIFF"),
        _("the file that is downloaded then, at once and as it is; lower levels come from it too"),
    ),
    Form.LEVELS: (_("Only lower levels"), _("those that its file lacks, so that zooming out is quick")),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def conversion(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """What was made of the image and what is being made; POST with `form` asks for one, with `stop` ends it."""
    actor = Actor.of(request)
    image = Image.objects.select_related("study").filter(pk=image_id).first()
    if image is None:
        raise NotFound(NOT_SHARED)
    if request.method == "POST":
        try:
            if "stop" in request.POST:
                converting.cancel(actor=actor, image_id=image_id)
            elif request.POST.get("form") in list(Form):
                converting.ask(actor=actor, image_id=image_id, form=Form(request.POST["form"]))
        except DomainError as error:
            messages.error(request, str(error))
        return redirect(_section(image_id))
    is_part = request.headers.get("HX-Request") == "true"
    if is_part and not may(actor, Verb.CONVERT, image):
        return HttpResponse(status=204)
    require(actor, Verb.CONVERT, image)
    forms = stored_forms.forms_of(image)
    rows = [(form, *WORDS[form], form in forms.made) for form in Form]
    template = "public/image_conversion.html" if is_part else "public/image_conversion_page.html"
    return render(request, template, {"image": image, "forms": forms, "rows": rows})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remove_form(request: HttpRequest, image_id: UUID, form: str) -> HttpResponse:
    """What goes with a stored form and what stays; POST removes it."""
    actor = Actor.of(request)
    if form not in list(Form):
        raise NotFound("There is no such form of an image.")
    image, wanted = stored_forms.image_for(actor, image_id), Form(form)
    try:
        if request.method != "POST":
            context = {
                "image": image,
                "title": WORDS[wanted][0],
                "form": wanted,
                "standing": stored_forms.standing(image, wanted),
            }
            return render(request, "public/image_conversion_remove.html", context)
        stored_forms.remove(actor=actor, image_id=image_id, form=wanted)
        messages.success(request, _("The form was removed. The file as deposited is as it was."))
    except NotFound as error:
        messages.error(request, str(error))
    return redirect(_section(image_id))


def _section(image_id: UUID) -> str:
    """Where the Tab key goes on from what was just pressed."""
    return reverse("image-conversion", args=[image_id]) + "#conversion"
