"""Which formats Bio-Formats opens here: those that no other reader does, by endings that nothing but images has.

Source: `loci/formats/readers.txt` of Bio-Formats 7.3.1, with the suffixes and the name that each reader gives itself.
Not taken: videos, and endings that other kinds of files have too (.txt, .xml, .dat, .cif, .stp …).
"""

import os
import shutil
from pathlib import Path

SETTING = "VITRINE_BIOFORMATS_JAR"
ONE_FILE = {
    ".1sc": "Bio-Rad GEL", ".acff": "Volocity clipping", ".afm": "Quesant AFM", ".aim": "AIM", ".al3d": "Alicona AL3D",
    ".amiramesh": "Amira", ".bmp": "Windows bitmap", ".c01": "Cellomics", ".cr2": "Canon RAW", ".cxd": "SimplePCI",
    ".dm2": "DigitalMicrograph 2", ".dv": "DeltaVision", ".fdf": "Varian FDF", ".fff": "Imacon", ".fits": "FITS",
    ".flex": "Evotec Flex", ".fli": "LI-FLIM", ".frm": "InCell 3000", ".fts": "FITS", ".gel": "Amersham GEL",
    ".gif": "GIF", ".his": "Hamamatsu HIS", ".i2i": "I2I", ".im3": "Perkin-Elmer Nuance IM3", ".inr": "INR",
    ".ipl": "IPLab", ".ipm": "iVision", ".ips": "Image-Pro", ".ipw": "Image-Pro Workspace", ".jpk": "JPK Instruments",
    ".klb": "KLB", ".liff": "Openlab LIFF", ".lim": "Laboratory Imaging", ".lms": "Zeiss LMS", ".lof": "Leica LOF",
    ".mnc": "MINC", ".msr": "Imspector", ".naf": "Hamamatsu Aquacosmos", ".nef": "Nikon NEF", ".nii": "NIfTI",
    ".nii.gz": "NIfTI", ".nrrd": "NRRD", ".obf": "Imspector OBF", ".oir": "Olympus OIR", ".pbm": "Portable any map",
    ".pcoraw": "PCO-RAW", ".pgm": "Portable any map", ".pic": "Bio-Rad PIC", ".ppm": "Portable any map",
    ".r3d": "DeltaVision", ".r3d_d3d": "DeltaVision", ".rcpnl": "RCPNL", ".sdt": "SPCImage", ".sif": "Andor SIF",
    ".sld": "SlideBook", ".sm2": "RHK Technologies", ".sm3": "RHK Technologies", ".spe": "Princeton Instruments SPE",
    ".spi": "SPIDER", ".sxm": "LEO", ".tga": "Targa", ".vff": "MicroCT", ".xqd": "Seiko", ".xqf": "Seiko",
    ".zvi": "Zeiss ZVI",
}  # fmt: skip
# Their pixels may be in files beside them, of the same name with more or another ending.
SETS = {
    ".hed": "IMAGIC", ".htd": "MetaXpress", ".ics": "ICS", ".lei": "Leica LEI", ".nd": "MetaMorph ND", ".nhdr": "NRRD",
    ".sldy": "SlideBook 7",
}  # fmt: skip
# Their other files have names of their own, in the same folder or below it.
FOLDERS = {
    ".afi": "Aperio AFI",
    ".mvd2": "Volocity",
    ".ndpis": "Hamamatsu NDPIS",
    ".xdce": "GE InCell",
    ".xlef": "Leica XLEF",
}
TITLES = ONE_FILE | SETS | FOLDERS


def is_there() -> bool:
    """Whether this machine has Bio-Formats (the setting says where its jar is) and a JDK to run it."""
    jar = os.environ.get(SETTING)
    return bool(jar) and Path(jar or "").is_file() and shutil.which("javac") is not None
