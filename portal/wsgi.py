"""The WSGI entry of the site: delivery of image data in front, Django behind it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

_django = get_wsgi_application()

# Models can be imported only now.
from portal.errors import status_of  # noqa: E402
from publishing.delivery import DeliveryApp  # noqa: E402
from publishing.delivery.memory import keep_freed  # noqa: E402

keep_freed()
application = DeliveryApp(_django, status_of)
