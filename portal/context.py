from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """What every template may use: the site's name and public address."""
    return {"site_name": settings.SITE_NAME, "public_url": settings.PUBLIC_URL}
