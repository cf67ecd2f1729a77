"""HGNC's table of genes, by two of its lines (with the columns that are read, as HGNC names them)."""

from pathlib import Path

import pytest

from ontology.reading import hgnc
from ontology.reading.shapes import CannotRead

COLUMNS = ("hgnc_id", "symbol", "name", "status", "alias_symbol", "prev_symbol", "prev_name", "uniprot_ids")
PTPRC = ("HGNC:9666", "PTPRC", "protein tyrosine phosphatase receptor type C", "Approved",
         "LCA|T200|GP180|LY5|B220|CD45R", "CD45", "", "P08575")  # fmt: skip
CD8A = ("HGNC:1706", "CD8A", "CD8 subunit alpha", "Approved", "", "CD8", "CD8a molecule", "P01732")


def table(folder: Path, *rows: tuple[str, ...]) -> Path:
    path = folder / "hgnc_complete_set.txt"
    path.write_text("\n".join("\t".join(row) for row in (COLUMNS, *rows)) + "\n")
    return path


def test_genes_are_called_by_all_their_symbols(tmp_path: Path) -> None:
    first, second = hgnc.read(table(tmp_path, PTPRC, CD8A)).terms()
    assert (first.curie, first.label) == ("HGNC:9666", "PTPRC")
    assert {("exact", "CD45"), ("exact", "B220")} <= set(first.synonyms)
    assert {("exact", "CD8"), ("related", "CD8a molecule")} <= set(second.synonyms)
    assert first.xrefs == ("uniprot:P08575",)


def test_a_line_that_is_no_gene_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotRead, match="line 3"):
        list(hgnc.read(table(tmp_path, PTPRC, ("", *CD8A[1:]))).terms())
