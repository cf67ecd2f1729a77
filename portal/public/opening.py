"""How programs get at an image: the address of each of its representations, and what to type."""

from dataclasses import dataclass

from django.conf import settings

from imaging.representations.table import REPRESENTATIONS

# What opens the address, by representation: the program's name, and the line to type.
COMMANDS = {
    "ome-zarr-0.5": ("napari", "napari --plugin napari-ome-zarr {}"),
}


@dataclass(frozen=True)
class Opening:
    """One way to open an image. is_file: a browser shows or saves what is at the address itself."""

    key: str
    title: str
    programs: str
    address: str
    is_file: bool
    command_title: str
    command: str


def openings(image_id: str) -> list[Opening]:
    """All representations of an image, with their absolute addresses."""
    found = []
    for one in REPRESENTATIONS:
        address = "/".join(filter(None, (f"{settings.PUBLIC_URL}/data/{image_id}/{one.key}", one.entry)))
        title, command = COMMANDS.get(one.key, ("", ""))
        programs = ", ".join(one.opened_by)
        found.append(Opening(one.key, one.title, programs, address, bool(one.entry), title, command.format(address)))
    return found
