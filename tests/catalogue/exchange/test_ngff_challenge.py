"""Tables of public OME-Zarr images become file lines with their terms."""

import csv
from pathlib import Path

import pytest

from catalogue.exchange import ngff_challenge
from catalogue.exchange.dossier import CannotRead, Weight


def test_every_cell_of_every_table_is_kept(shared: Path) -> None:
    paths = sorted((shared / "reference/ngff-challenge").glob("*.csv"))
    tables = [path for path in paths if ngff_challenge.is_mine({path.name: path})]
    assert len(tables) > 24
    for path in tables:
        imported = ngff_challenge.read({path.name: path})
        with path.open(newline="") as stream:
            names = None if path.read_text()[:3] == "url" or "," in path.read_text().partition("\n")[0] else ["url"]
            rows = csv.DictReader(stream, names)
            given = [{k: v for k, v in row.items() if v} for row in rows if any(row.values())]
        kept = [{pair.name: pair.value for pair in line.pairs} for line in imported.dossier.files]
        told = [one.value for one in imported.remarks if one.weight is Weight.ERROR]
        assert len(given) == len(kept) + len(told), path.name
        assert all(row in given for row in kept), path.name


def test_images_of_one_organism_and_method_are_a_component(shared: Path) -> None:
    path = shared / "reference/ngff-challenge/idr0004_samples.csv"
    imported = ngff_challenge.read({path.name: path})
    document = imported.dossier.document
    assert document["study"]["licence"] == "CC-BY-4.0"
    assert document["biosamples"][0]["organisms"] == [{"organism": {"text": "", "curie": "NCBITaxon:4932"}}]
    assert document["acquisitions"][0]["methods"] == [{"method": {"text": "", "curie": "FBbi:00000246"}}]
    assert document["components"][0]["associations"] == [{"biosample": "biosample-1", "acquisition": "acquisition-1"}]
    first = imported.dossier.files[0]
    assert (first.path, first.size) == ("idr/share/ome2024-ngff-challenge/idr0004/P170.ome.zarr", 417816396)


def test_dirty_ids_are_read_as_what_they_are(shared: Path) -> None:
    path = shared / "reference/ngff-challenge/uni_muenster_samples.csv"
    document = ngff_challenge.read({path.name: path}).dossier.document
    curies = {row["methods"][0]["method"]["curie"] for row in document["acquisitions"]}
    assert {"FBbi:00000243", "FBbi:00000246"} <= curies


def test_tables_without_images_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("url,organismId,fbbiId\n")
    with pytest.raises(CannotRead, match="lists images"):
        ngff_challenge.read({path.name: path})
