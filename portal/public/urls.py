from django.urls import path

from portal.public.home import home

urlpatterns = [
    path("", home, name="home"),
    path("search", home, name="search"),
    path("sitemap.xml", home, name="sitemap"),
    path("health", home, name="health"),
    path("api/", home, name="api-docs"),
]
