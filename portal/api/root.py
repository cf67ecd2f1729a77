from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class Root(APIView):
    @extend_schema(responses={200: {"type": "object"}})
    def get(self, request: Request) -> Response:
        """Where to begin."""
        return Response(
            {
                "schema": "/api/v1/schema",
                "documentation": "/api/",
                "publications": "/api/v1/publications",
                "search": "/api/v1/search?q=",
                "terms": "/api/v1/terms?binding=organism&q=",
                "studies": "/api/v1/studies",
                "uploads": "/uploads/",
            }
        )
