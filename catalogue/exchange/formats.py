"""The one table of formats. Upload pages, the API, commands, download menus and docs derive from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from catalogue.exchange import (
    biostudies,
    csv_tables,
    dicom,
    file_list,
    idr,
    isa_tab,
    ngff_challenge,
    ome_companion,
    ro_crate,
    workbook,
    yaml_text,
)
from catalogue.exchange.dossier import Dossier, Files, Imported
from catalogue.exchange.image_databases import bisque, cytomine, lincs, mytardis, omero_csv, omero_pack, xnat


@dataclass(frozen=True)
class Format:
    """One format.

    is_mine(files): a cheap look whether these files are of this format. read(files): raises CannotRead.
    write(dossier): what to download, the bytes of each file by its name; one file is sent as it is, more as a zip.
    """

    key: str  # in addresses, e.g. "isa-tab"
    label: str
    extensions: tuple[str, ...]
    media_type: str
    is_mine: Callable[[Files], bool] | None = None
    read: Callable[[Files], Imported] | None = None
    write: Callable[[Dossier], Mapping[str, bytes]] | None = None


FORMATS: tuple[Format, ...] = (
    Format(workbook.KEY, "REMBI workbook (Excel)", (".xlsx",),
           "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
           workbook.is_mine, workbook.read, workbook.write),
    Format("biostudies", "BioStudies submission (BioImage Archive)", (".json",), "application/json",
           biostudies.is_mine, biostudies.read, biostudies.write),
    Format("ro-crate", "RO-Crate", (".json", ".zip"), "application/ld+json",
           ro_crate.is_mine, ro_crate.read, ro_crate.write),
    Format("ome-xml", "OME-XML companion", (".ome.xml", ".companion.ome", ".xml"), ome_companion.MEDIA_TYPE,
           ome_companion.is_mine, ome_companion.read, ome_companion.write),
    Format("dicom", "DICOM headers", (".dcm",), "application/dicom", dicom.is_mine, dicom.read),
    Format("bia-crate", "RO-Crate in the BioImage Archive's terms", (".json",), "application/ld+json",
           write=ro_crate.write_bia),
    Format("gide", "RO-Crate for GIDE's search", (".json",), "application/ld+json", write=ro_crate.write_gide),
    Format("idr", "IDR study file with its tables", (".txt", ".csv", ".tsv", ".zip"), "text/tab-separated-values",
           idr.is_mine, idr.read, idr.write),
    Format("isa-tab", "ISA-Tab", (".txt", ".zip"), "text/tab-separated-values",
           isa_tab.is_mine, isa_tab.read, isa_tab.write),
    Format("omero", "OMERO transfer pack", (".xml", ".zip"), "application/zip", omero_pack.is_mine, omero_pack.read),
    Format("omero-csv", "OMERO key-values", (".csv", ".tsv"), "text/csv", omero_csv.is_mine, omero_csv.read),
    Format("mytardis", "MyTardis export (JSON or METS)", (".json", ".xml", ".zip"), "application/json",
           mytardis.is_mine, mytardis.read),
    Format("cytomine", "Cytomine export", (".json", ".zip"), "application/json", cytomine.is_mine, cytomine.read),
    Format("xnat", "XNAT export", (".xml", ".csv", ".zip"), "application/xml", xnat.is_mine, xnat.read),
    Format("bisque", "BisQue export", (".xml", ".zip"), "application/xml", bisque.is_mine, bisque.read),
    Format("lincs", "LINCS metadata", (".csv", ".json", ".zip"), "text/csv", lincs.is_mine, lincs.read),
    Format("csv", "CSV tables (zip)", (".zip", ".csv"), "text/csv",
           csv_tables.is_mine, csv_tables.read, csv_tables.write),
    Format("yaml", "YAML or JSON of this site", (".yaml", ".yml", ".json"), "application/yaml",
           yaml_text.is_mine, yaml_text.read, yaml_text.write),
    Format("ngff-challenge", "Table of public OME-Zarr images", (".csv",), "text/csv",
           ngff_challenge.is_mine, ngff_challenge.read),
    # Last: any table with a column of paths or wells is one.
    Format(file_list.KEY, "File list or platemap", (".csv", ".tsv", ".xlsx"), "text/csv",
           file_list.is_mine, file_list.read),
)  # fmt: skip


def format_of(key: str) -> Format:
    """The format with this key. Raises KeyError."""
    return {known.key: known for known in FORMATS}[key]
