"""The metadata of real studies among the samples, as documents. What a sample's own files do not say is left out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.story.site import Site

NF1: dict[str, Any] = {
    "study": {
        "title": "Cell Painting of Schwann cells with and without neurofibromin, plate 2",
        "description": "A modified Cell Painting assay of Schwann cells from patients with neurofibromatosis type 1, "
        "to predict the NF1 genotype from the shape of cells. Five wells of plate 2 in three channels.",
        "keywords": [{"text": "Cell Painting"}, {"text": "neurofibromatosis type 1"}],
        "licence": "CC-BY-4.0",
    },
    "organisations": [{"id": "ucb", "name": "University of Colorado"}],
    "contributors": [
        {
            "id": "way",
            "family_name": "Way Science",
            "affiliations": [{"organisation": "ucb"}],
            "roles": [{"role": "Author"}],
        }
    ],
    "publications": [{"id": "figshare", "doi": "10.6084/m9.figshare.22233700", "title": "NF1 plate 2"}],
    "links": [{"id": "repo", "url": "https://github.com/WayScience/nf1_schwann_cell_painting_data"}],
    "biosamples": [
        {
            "id": "cells",
            "title": "Schwann cells",
            "organisms": [{"organism": {"text": "Homo sapiens", "curie": "NCBITaxon:9606"}, "common_name": "human"}],
            "biological_entity": {"text": "Schwann cell"},
            "variables": [{"kind": "intrinsic", "name": "genotype", "value": {"text": "WT, Null"}}],
        }
    ],
    "specimens": [
        {
            "id": "stained",
            "biosample": "cells",
            "title": "Cell Painting, three channels",
            "sample_preparation": "Modified Cell Painting: nuclei, endoplasmic reticulum and actin stained.",
        }
    ],
    "channels": [
        {"id": "dapi", "specimen": "stained", "content": {"text": "nucleus"}, "channel_label": "DAPI"},
        {"id": "gfp", "specimen": "stained", "content": {"text": "endoplasmic reticulum"}, "channel_label": "GFP"},
        {"id": "rfp", "specimen": "stained", "content": {"text": "actin"}, "channel_label": "RFP"},
    ],
    "acquisitions": [
        {
            "id": "widefield",
            "title": "Three channels",
            "imaging_instrument": "not stated in the data set's README",
            "image_acquisition_parameters": "16-bit images of 1224 × 904 pixels",
            "methods": [{"method": {"text": "fluorescence microscopy", "curie": "FBbi:00000246"}}],
        }
    ],
    "analyses": [
        {
            "id": "masks",
            "title": "Masks",
            "analysis_result_type": "segmentation",
            "analysis_method": "CellProfiler pipeline NF1_plate2_export_masks.cppipe",
            "software": [{"name": "CellProfiler"}],
        }
    ],
    "components": [
        {
            "id": "plate",
            "title": "Plate 2",
            "description": "Images of five wells, three channels each, with masks.",
            "associations": [
                {"biosample": "cells", "specimen": "stained", "acquisition": "widefield", "analysis": "masks"}
            ],
        }
    ],
}

# People as the CITATION.cff files of the laboratory's software name them; the organisation as ROR does.
NF1_IN_FULL: dict[str, Any] = NF1 | {
    "organisations": [
        {"id": "ucb", "name": "University of Colorado Anschutz Medical Campus", "ror": "https://ror.org/03wmf1y16"}
    ],
    "contributors": [
        {
            "id": "way",
            "family_name": "Way",
            "given_name": "Gregory",
            "orcid": "0000-0002-0503-9348",
            "affiliations": [{"organisation": "ucb"}],
            "roles": [{"role": "Author"}, {"role": "ProjectLeader"}],
        },
        {
            "id": "tomkinson",
            "family_name": "Tomkinson",
            "given_name": "Jenna",
            "orcid": "0000-0003-2676-5813",
            "affiliations": [{"organisation": "ucb"}],
            "roles": [{"role": "Author"}, {"role": "DataCollector"}],
        },
    ],
}


def send_in_nf1(site: Site, shared: Path, folder: Path, document: Mapping[str, Any]) -> str:
    """The nf1 images with a document, deposited by Ada and sent to the curators; the study's id. The document is
    written to `folder`."""
    metadata = folder / "study.yaml"
    metadata.write_text(json.dumps(document))
    images = shared / "samples/01_fluorescence/nf1_cellpainting/Plate_2_images"
    site.manage(
        "deposit", str(images), "--metadata", str(metadata), "--owner", "ada@example.org", "--in-place", "--submit"
    )
    (waiting,) = site.api("carla").get("/api/v1/review").json()["items"]
    return str(waiting["study"]["id"])
