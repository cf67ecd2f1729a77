"""Addresses of the public pages. They never change (docs/architecture.md)."""

from django.urls import path, register_converter

from portal.public import (
    changes,
    conversion,
    home,
    images,
    manifests,
    ontologies,
    outside,
    parts,
    plates,
    site,
    studies,
    terms,
)
from portal.public.search import attributes as search_attributes
from portal.public.search import exports as search_exports
from portal.public.search import feed as search_feed
from portal.public.search import help as search_help
from portal.public.search import page as search
from portal.public.search import saved as saved_searches
from portal.public.search import similar as search_similar
from portal.public.search import suggest as search_suggest


class AccessionConverter:
    """An accession holds no dot or slash, so that an extension can follow it."""

    regex = r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class ExtensionConverter(AccessionConverter):
    regex = r"[a-z0-9]+(?:\.[a-z0-9]+)?"


class RdfConverter(AccessionConverter):
    regex = "|".join(terms.BY_EXTENSION)


register_converter(AccessionConverter, "accession")
register_converter(RdfConverter, "rdf")
register_converter(ExtensionConverter, "extension")

_STUDY = "studies/<accession:accession>"
_VERSION = f"{_STUDY}/v<int:version>"

urlpatterns = [
    path("", home.home, name="home"),
    path("search", search.search, name="search"),
    path("search/help", search_help.search_help, name="search-help"),
    path("search/attributes", search_attributes.attributes, name="search-attributes"),
    path("search/suggest", search_suggest.suggest, name="search-suggest"),
    path("search.csv", search_exports.as_csv, name="search-csv"),
    path("search.jsonld", search_exports.as_json_ld, name="search-json-ld"),
    path("search.ro-crate.json", search_exports.as_ro_crate, name="search-ro-crate"),
    path("search.atom", search_feed.feed, name="search-feed"),
    path("search/saved", saved_searches.saved, name="saved-searches"),
    path("search/saved/<uuid:saved_id>", saved_searches.change, name="change-saved-search"),
    path(_STUDY, studies.study, name="study"),
    path(_VERSION, studies.study, name="study-version"),
    path(f"{_STUDY}.<extension:extension>", studies.study_rendition, name="study-rendition"),
    path(f"{_VERSION}.<extension:extension>", studies.study_rendition, name="study-version-rendition"),
    path(f"{_STUDY}/images", parts.images, name="study-images"),
    path(f"{_VERSION}/images", parts.images, name="study-version-images"),
    path(f"{_STUDY}/similar", search_similar.of_study, name="study-similar"),
    path(f"{_STUDY}/plates", plates.plates, name="study-plates"),
    path(f"{_VERSION}/plates", plates.plates, name="study-version-plates"),
    path(f"{_STUDY}/plates/<uuid:plate_id>", plates.plate, name="study-plate"),
    path(f"{_VERSION}/plates/<uuid:plate_id>", plates.plate, name="study-version-plate"),
    path(f"{_VERSION}/changes", changes.version_changes, name="study-version-changes"),
    path(f"{_STUDY}/files", parts.files, name="study-files"),
    path(f"{_VERSION}/files", parts.files, name="study-version-files"),
    path(f"{_STUDY}/files.aria2", parts.aria2, name="study-aria2"),
    path(f"{_VERSION}/files.aria2", parts.aria2, name="study-version-aria2"),
    path(f"{_STUDY}/files.csv", parts.rclone, name="study-rclone"),
    path(f"{_VERSION}/files.csv", parts.rclone, name="study-version-rclone"),
    path(f"{_STUDY}/files.zip", parts.some_files, name="study-some-files"),
    path(f"{_VERSION}/files.zip", parts.some_files, name="study-version-some-files"),
    path(f"{_STUDY}/manifest.json", manifests.manifest, name="study-manifest"),
    path(f"{_VERSION}/manifest.json", manifests.manifest, name="study-version-manifest"),
    path(f"{_STUDY}/package.zip", parts.package, name="study-package"),
    path(f"{_VERSION}/package.zip", parts.package, name="study-version-package"),
    path(f"{_STUDY}/linkset.json", parts.linkset, name="study-linkset"),
    path(f"{_VERSION}/linkset.json", parts.linkset, name="study-version-linkset"),
    path("images/<uuid:image_id>", images.image, name="image"),
    path("images/<uuid:image_id>/conversion", conversion.conversion, name="image-conversion"),
    path("images/<uuid:image_id>/conversion/<slug:form>/remove", conversion.remove_form, name="image-form-remove"),
    path("images/<uuid:image_id>/similar", search_similar.of_image, name="image-similar"),
    path("terms/", terms.term_by_iri, name="term-by-iri"),
    path("terms/outside", outside.look, name="term-outside"),
    path("terms/outside/bring-in", outside.bring_in, name="term-bring-in"),
    path("terms/<str:curie>.<rdf:extension>", terms.term_rendition, name="term-rendition"),
    path("terms/<str:curie>", terms.term, name="term"),
    path("ontologies", ontologies.ontologies, name="ontologies"),
    path("ontologies/<str:prefix>", ontologies.ontology, name="ontology"),
    path("ontologies/<str:prefix>/names", ontologies.ontology_names, name="ontology-names"),
    path("ontologies/<str:prefix>/level", ontologies.ontology_level, name="ontology-level"),
    path("sitemap.xml", site.sitemap, name="sitemap"),
    path("robots.txt", site.robots, name="robots"),
    path("ns/<str:name>/<str:version>", site.vocabulary, name="vocabulary"),
    path("health", site.health, name="health"),
]
