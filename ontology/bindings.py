"""Which ontologies, or branches of them, a field's terms come from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Binding:
    """A term fits if it is of one of the `ontologies` (prefixes), or one of the `branches` (CURIEs) or below one."""

    label: str
    branches: tuple[str, ...] = ()
    ontologies: tuple[str, ...] = ()


_METHODS = (
    "FBbi:00000222",  # imaging method
    "FBbi:00000321",  # resolution-enhancing method
    "FBbi:00000271",  # contrast-enhancing method
    "FBbi:00000590",  # source of contrast
    "FBbi:00000268",  # illumination method
    "FBbi:00000269",  # detection method
)
_CELLULAR_COMPONENT = "GO:0005575"

BINDINGS: dict[str, Binding] = {
    "organism": Binding("organism", ontologies=("NCBITaxon",)),
    "imaging_method": Binding("imaging method", _METHODS),
    "biological_entity": Binding("tissue, cell or structure", (_CELLULAR_COMPONENT,), ("CL", "UBERON")),
    "strain": Binding("strain or cell line", ontologies=("cellosaurus",)),
    "channel_content": Binding("labelled structure", (_CELLULAR_COMPONENT,), ("CHEBI", "CL", "UBERON")),
    "molecule": Binding("molecule", ontologies=("CHEBI",)),
    "marker": Binding("stain or marker", (_CELLULAR_COMPONENT,), ("HGNC", "FPLX", "PR", "CHEBI")),
    "phenotype": Binding("phenotype", ontologies=("CMPO", "PATO")),
    "variable": Binding("value of a variable", (_CELLULAR_COMPONENT,), ("CHEBI", "CL", "UBERON")),
}
