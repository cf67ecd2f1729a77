"""What a person types for four real sets, as far as the sets say it; people and places are the depositor's own.

Sources: the README beside each set, the publication that the mibi one names (doi:10.1016/j.cell.2021.12.023).
"""

from dataclasses import dataclass
from typing import Any

Typed = dict[str, dict[str, dict[str, Any]]]  # module → row → field → value; a row's name elsewhere refers to it

PEOPLE: Typed = {
    "organisation": {"home": {"name": "The depositor's institute"}},
    "contributor": {"me": {"family_name": "Depositor", "given_name": "A.",
                           "roles": [{"role": "Author"}]}},
}  # fmt: skip


@dataclass(frozen=True)
class Set:
    """`images` are folders or files of images, `tables` what is imported beside them. A row that is called like its
    module is the one that the images made, where they made one."""

    name: str
    images: tuple[str, ...]
    typed: Typed
    tables: tuple[str, ...] = ()


def _typed(
    title: str, description: str, sample: str, organism: str, entity: str, preparation: str, method: str,
    acquisition: dict[str, str], licence: str = "CC-BY-4.0",
) -> Typed:  # fmt: skip
    return {
        "study": {"": {"title": title, "description": description, "licence": licence}},
        "biosample": {
            "biosample": {"title": sample, "organisms": [{"organism": organism}], "biological_entity": entity}
        },
        "specimen": {"specimen": {"title": "as imaged", "sample_preparation": preparation}},
        "acquisition": {"acquisition": {**acquisition, "methods": [{"method": method}]}},
        "component": {"component": {"title": "Images", "description": description}},
    }


SETS = (
    Set(
        "nf1",
        ("01_fluorescence/nf1_cellpainting/Plate_2_images",),
        _typed(
            "Cell Painting of Schwann cells with and without neurofibromin",
            "Predict NF1 genotype from Schwann cell morphology: wildtype and null cells of plate 2.",
            "Schwann cells", "Homo sapiens", "Schwann cell", "modified Cell Painting: nuclei, ER, actin",
            "fluorescence microscopy",
            {"title": "Cell Painting", "imaging_instrument": "unknown", "image_acquisition_parameters": "unknown"},
        ),
        ("06_study_metadata/nf1/platemap_NF1_plate2.csv",),
    ),
    Set(
        "arcadia",
        ("01_fluorescence/ometiff_from_nd2",),
        _typed(
            "Multichannel and z-stack images of cells by a Nikon Ti2-E",
            "A multichannel image of PBMC cells and a portion of a z-stack, cropped, for tests of readers.",
            "PBMC", "Homo sapiens", "peripheral blood mononuclear cell", "unknown", "fluorescence microscopy",
            {"title": "Ti2-E, 20x"}, "MIT",
        ),
    ),
    Set(
        "imc",
        ("05_multiplexed/imc/steinbock/ome", "05_multiplexed/imc/imctools_ometiff_mockData2"),
        _typed(
            "Imaging mass cytometry mock dataset of five channels",
            "Generated on 05.03.2021 using CyTOF Software 7.0: regions of 50 to 100 pixels with 5 channels.",
            "tissue", "Homo sapiens", "tissue", "stained with metal-tagged antibodies", "imaging mass cytometry",
            {"title": "Hyperion", "imaging_instrument": "Hyperion",
             "image_acquisition_parameters": "CyTOF Software 7.0"},
        ),
    ),
    Set(
        "mibi",
        ("05_multiplexed/mibi_breast/Point2203_pt1072_31606_41ch.ome.tif",),
        _typed(
            "MIBI-TOF of breast tissue with 41 markers",
            "Raw pixel intensities of 41 channels from a study of the transition to invasive breast cancer.",
            "breast tissue", "Homo sapiens", "breast", "stained with metal-tagged antibodies",
            "multiplexed ion beam imaging",
            {"title": "MIBI-TOF", "imaging_instrument": "MIBI-TOF", "image_acquisition_parameters": "unknown"},
        ),
    ),
)  # fmt: skip
