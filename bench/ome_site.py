# ruff: noqa: E402  # Django must be set up before its models are imported
"""A site of its own that takes an OME document of many planes in, and gives it back; run by bench.rows.ome_rows.

Prints, as JSON, the seconds of parsing, of the rows and of giving the XML back, and the MiB that all took beyond a site
at rest. The document has a Plane with eight attributes and a TiffData for each plane.
"""

import json
import os
import re
import sys
import time
from pathlib import Path

os.environ["VITRINE_DATA"] = sys.argv[1]
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"

import django

django.setup()

from django.core.management import call_command
from django.db import transaction

from base.models import StoredFile, User
from catalogue import services
from catalogue.access import Actor
from catalogue.models import File, OmeDocument
from catalogue.ome.export import export
from catalogue.ome.write import DocumentWriter
from imaging.ome.read import read_ome

CHANNELS = 4


def document(planes: int) -> bytes:
    """OME-XML of a time series; no two planes are alike."""
    frames = planes // CHANNELS
    places = [(frame, channel) for frame in range(frames) for channel in range(CHANNELS)]
    blocks = "".join(
        f'<TiffData IFD="{n}" FirstC="{c}" FirstT="{t}" PlaneCount="1"/>' for n, (t, c) in enumerate(places)
    )
    rows = "".join(
        f'<Plane TheZ="0" TheC="{c}" TheT="{t}" DeltaT="{t * 1.5 + c * 0.0137:.4f}" ExposureTime="{0.02 + c * 0.01}" '
        f'PositionX="{t * 0.731:.3f}" PositionY="{t * 0.577:.3f}" PositionZ="{t * 0.0421:.4f}"/>'
        for t, c in places
    )
    return (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" '
        f'DimensionOrder="XYCZT" Type="uint16" SizeX="64" SizeY="64" SizeZ="1" SizeC="{CHANNELS}" SizeT="{frames}">'
        f"{blocks}{rows}</Pixels></Image></OME>"
    ).encode()


def peak() -> float:
    """MiB of memory at the most so far."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def main(planes: int) -> None:
    call_command("migrate", verbosity=0)
    owner = User.objects.create_user("bench@example.org", "not a secret", name="Bench")
    study = services.create_study(actor=Actor(owner))
    stored = StoredFile.objects.create(backend=StoredFile.Backend.STORE, key="none", bytes=1, owner=owner)
    file = File.objects.create(study=study, stored=stored, path="many.ome.tif", state=File.State.READ)
    xml = document(planes)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of setting up the site
    before = peak()
    start = time.perf_counter()
    found = read_ome(xml, path="many.ome.tif")
    parsed = time.perf_counter()
    with transaction.atomic():
        row = OmeDocument(file=file, version=found.version)
        rows = DocumentWriter(row, study, {}).rows_of(found.root)
        row.save()
        rows.store()
    stored_at = time.perf_counter()
    more = peak() - before
    back = export(file)
    done = time.perf_counter()
    assert back.count(b"<Plane ") == planes
    print(json.dumps([parsed - start, stored_at - parsed, done - stored_at, more]))


if __name__ == "__main__":
    main(int(sys.argv[2]))
