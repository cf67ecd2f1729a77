"""Sitemaps (sitemaps.org 0.9) of the published studies: an index, and pages of at most 50,000 addresses by keyset."""

import uuid
from collections.abc import Iterator

from django.db.models import QuerySet
from lxml import etree

from publishing.models import Publication
from publishing.renditions.links import absolute

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
PAGE = 50_000
START = uuid.UUID(int=0)


def sitemap_index(page: int = PAGE) -> bytes:
    """The index: one address `/sitemap.xml?after=<id>` a page."""
    root = etree.Element(f"{{{NAMESPACE}}}sitemapindex", nsmap={None: NAMESPACE})
    for after in _starts(page):
        _entry(root, "sitemap", absolute(f"/sitemap.xml?after={after}"))
    return _xml(root)


def sitemap_page(after: uuid.UUID, page: int = PAGE) -> bytes:
    """The studies whose newest publication comes after the one with this id, with the day it was made."""
    root = etree.Element(f"{{{NAMESPACE}}}urlset", nsmap={None: NAMESPACE})
    rows = _listed().filter(id__gt=after).values_list("accession", "published_at")[:page]
    for accession, published_at in rows:
        _entry(root, "url", absolute(f"/studies/{accession}"), f"{published_at:%Y-%m-%d}")
    return _xml(root)


def _listed() -> QuerySet[Publication]:
    return Publication.objects.filter(is_latest=True, withdrawn_at=None).order_by("id")


def _starts(page: int) -> Iterator[uuid.UUID]:
    """The id after which each page begins. The last page may be empty when studies are withdrawn meanwhile."""
    after: uuid.UUID | None = START
    while after is not None:
        yield after
        ids = _listed().filter(id__gt=after).values_list("id", flat=True)
        last = next(iter(ids[page - 1 : page]), None)
        after = last if last is not None and _listed().filter(id__gt=last).exists() else None


def _entry(root: etree._Element, name: str, address: str, modified: str = "") -> None:
    node = etree.SubElement(root, f"{{{NAMESPACE}}}{name}")
    etree.SubElement(node, f"{{{NAMESPACE}}}loc").text = address
    if modified:
        etree.SubElement(node, f"{{{NAMESPACE}}}lastmod").text = modified


def _xml(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
