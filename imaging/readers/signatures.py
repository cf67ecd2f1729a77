"""How files of common formats begin: to say what a file is whose name says something else."""

# What is at an offset: what the file is, how its name should end, and the families whose files begin so.
TIFF = ("slides", "tiff", "openslide", "vsi")
SIGNATURES = (
    (0, b"ZISRAWFILE", "a ZEISS CZI file", ".czi", ("czi",)),
    (0, b"\xda\xce\xbe\x0a", "a Nikon ND2 file", ".nd2", ("nd2",)),
    (0, b"\x89PNG\r\n", "a PNG picture", ".png", ("pictures",)),
    (0, b"\xff\xd8\xff", "a JPEG picture", ".jpg", ("pictures", "openslide")),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 picture", ".jp2", ("pictures",)),
    (0, b"\x89HDF\r\n", "an HDF5 file", ".h5, or .ims if it is of Imaris", ("hdf5", "imaris")),
    (128, b"DICM", "a DICOM file", ".dcm", ("dicom",)),
    (208, b"MAP ", "an MRC or CCP4 map", ".mrc", ("mrc",)),
    (0, b"II*\0", "a TIFF file", ".tif", TIFF),
    (0, b"MM\0*", "a TIFF file", ".tif", TIFF),
    (0, b"II+\0", "a BigTIFF file", ".tif", TIFF),
    (0, b"MM\0+", "a BigTIFF file", ".tif", TIFF),
    (0, b"PK\x03\x04", "a zip archive", ".zip", ("zarr",)),
    (0, b"%PDF", "a PDF document", ".pdf", ()),
    (0, b"<!DOCTYPE html", "a web page, perhaps of a download that failed", ".html", ()),
)


def what_it_is(head: bytes, family: str) -> str:
    """A sentence on a file that begins otherwise than those of the family its name is of; "" if nothing is known."""
    found = [one for one in SIGNATURES if head[one[0] : one[0] + len(one[1])].lower() == one[1].lower()]
    if any(family in families for *_, families in found):  # DICOM may have the beginning of a TIFF before its own
        return ""
    if not found:
        return ""
    _, _, kind, ending, _ = found[0]
    return f"It begins as {kind}, whose name ends in {ending}: give it its right name, and upload it again."
