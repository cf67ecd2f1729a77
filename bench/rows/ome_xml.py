"""OME-XML into facts against ome-types in an environment of its own, and a TIFF of as many pages.

Without the real samples (VITRINE_SHARED) or a package index to take ome-types from, what needs them is left out.
"""

import json
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.row import Row

PLANES, REPEATS = 100_000, 5
NAMESPACE = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
PEER = "ome-types==0.7.0"
ROOT = Path(__file__).resolve().parents[2]

# Both in a process of their own: the best of several, in ms, and by how many MiB the first one raised the peak.
MEASURE = """
import json, re, sys, time
from pathlib import Path
texts = [Path(name).read_bytes() for name in sys.argv[2:]]
def peak():  # not ru_maxrss, which begins with the peak of the process that started this one
    return int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
def once():
    start = time.process_time()
    kept = [parse(text) for text in texts]
    return (time.process_time() - start) * 1000
parse(b'<OME xmlns="%s"/>')  # what loads late
before = peak()
times = [once()]
memory = peak() - before
times += [once() for _ in range(int(sys.argv[1]) - 1)]
print(json.dumps([min(times), memory]))
""".replace("%s", NAMESPACE)
OURS = """
from imaging.ome.facts import document_facts
from imaging.ome.read import read_ome
def parse(text):
    return document_facts(read_ome(text, path="bench"), path="bench")
"""
LXML = """
from lxml import etree
def parse(text):
    return etree.fromstring(text, etree.XMLParser(huge_tree=True))
"""
THEIRS = """
import ome_types
def parse(text):
    return ome_types.from_xml(text)
"""
PAGES = """
import json, sys, time
from pathlib import Path
from imaging.readers import read_facts
from imaging.source import build_table
path = Path(sys.argv[1])
start = time.process_time()
assert read_facts(path).images[0].size_t == int(sys.argv[2])
build_table(path, "", path.with_suffix(".table"))
print(json.dumps(time.process_time() - start))
"""


def _run(code: str, *arguments: str, peer: bool = False) -> Any:
    python = [sys.executable, "-m", "uv", "run", "-q", "--no-project", "--isolated", "--with", PEER, "python"]
    command = [*(python if peer else [sys.executable]), "-c", code, *arguments]
    with tempfile.TemporaryDirectory() as elsewhere:  # where uv finds no project
        answer = subprocess.run(
            command, capture_output=True, cwd=elsewhere if peer else ROOT, text=True, check=not peer
        )
    return json.loads(answer.stdout) if answer.returncode == 0 else None


def _compare(name: str, files: list[Path], repeats: int, target: float) -> list[Row]:
    arguments = [str(repeats), *map(str, files)]
    ours, memory = _run(OURS + MEASURE, *arguments)
    floor, _ = _run(LXML + MEASURE, *arguments)
    theirs = _run(THEIRS + MEASURE, str(min(repeats, 2)), *map(str, files), peer=True)
    note = f"bare lxml {floor:.3g} ms"
    if theirs is None:
        return [Row(name, "ms", ours, f"under {target:g} ms", ours < target, note=f"{note}; {PEER} could not be had")]
    peer = f"ome-types, {theirs[1]:.0f} MiB"
    return [
        Row(name, "ms", ours, "a tenth", ours <= theirs[0] / 10, theirs[0], peer, note),
        Row(f"{name}, memory", "MiB", memory, "", None, theirs[1], "ome-types"),
    ]


def _planes(path: Path) -> None:
    rows = "".join(
        f'<Plane TheZ="{n % 50}" TheC="{n // 50 % 2}" TheT="{n // 100}" DeltaT="{n * 0.137:.3f}" ExposureTime="0.1" '
        f'PositionX="{n % 977 * 1.37:.2f}" PositionY="{n % 983 * 2.11:.2f}" PositionZ="{n % 50 * 0.3:.1f}"/>\n'
        for n in range(PLANES)
    )
    path.write_text(_document("<MetadataOnly/>" + rows), encoding="utf-8")


def _document(content: str) -> str:
    sizes = f'SizeX="8" SizeY="8" SizeZ="50" SizeC="2" SizeT="{PLANES // 100}"'
    pixels = f'<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" {sizes}>{content}</Pixels>'
    return f'<OME xmlns="{NAMESPACE}"><Image ID="Image:0">{pixels}</Image></OME>'


def _pages(path: Path) -> None:
    """An OME-TIFF of as many pages of 8 x 8 pixels, each with a directory of its own."""
    xml = _document("<TiffData/>").encode() + b"\0\0"
    xml = xml[: len(xml) // 2 * 2]
    with path.open("wb") as file:
        file.write(struct.pack("<2sHI", b"II", 42, 8 + len(xml)) + xml)
        for number in range(PLANES):
            tags = [(256, 3, 1, 8), (257, 3, 1, 8), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1)]
            tags += [(270, 2, len(xml), 8)] if number == 0 else []
            pixels = file.tell() + 2 + 12 * (len(tags) + 5) + 4
            tags += [(273, 4, 1, pixels), (277, 3, 1, 1), (278, 3, 1, 8), (279, 4, 1, 128), (339, 3, 1, 1)]
            following = 0 if number == PLANES - 1 else pixels + 128
            directory = b"".join(struct.pack("<HHII", *tag) for tag in tags)
            file.write(struct.pack("<H", len(tags)) + directory + struct.pack("<I", following) + bytes(128))


def run() -> list[Row]:
    rows: list[Row] = []
    shared = Path(os.environ.get("VITRINE_SHARED") or ROOT.parent / "shared")
    samples = sorted((shared / "reference/ome/samples").glob("*.xml"))
    if samples:
        rows += _compare(f"OME-XML of {len(samples)} samples to facts", samples, REPEATS, 25)
    with tempfile.TemporaryDirectory() as folder:
        xml, tiff = Path(folder) / "planes.ome.xml", Path(folder) / "pages.ome.tif"
        _planes(xml)
        rows += _compare(f"OME-XML of {PLANES:,} planes to facts", [xml], REPEATS, 600)
        _pages(tiff)
        seconds = _run(PAGES, str(tiff), str(PLANES // 100))
    name = f"facts and chunk table of an OME-TIFF of {PLANES:,} pages"
    return [*rows, Row(name, "s", seconds, "under 8 s", seconds < 8, note="processor time")]
