"""Which branches of which ontologies a field's terms come from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Binding:
    """`branches` are CURIEs: a term fits if it is one of them or below one. Without branches, nothing is offered."""

    label: str
    branches: tuple[str, ...]


_ANATOMY = "UBERON:0001062"  # anatomical entity
_CELL = "CL:0000000"
_CELLULAR_COMPONENT = "GO:0005575"
_CHEMICAL = "CHEBI:24431"  # chemical entity

BINDINGS: dict[str, Binding] = {
    "organism": Binding("organism", ("NCBITaxon:1", "NCBITaxon:131567", "NCBITaxon:10239")),
    "imaging_method": Binding("imaging method", ("FBbi:00000222",)),
    "biological_entity": Binding("tissue, cell or structure", (_ANATOMY, _CELL, _CELLULAR_COMPONENT)),
    "strain": Binding("strain or cell line", ("CVCL:0000",)),
    "channel_content": Binding("labelled structure", (_CELLULAR_COMPONENT, _CELL, _ANATOMY, _CHEMICAL)),
    "molecule": Binding("molecule", (_CHEMICAL,)),
    "variable": Binding("value of a variable", (_CHEMICAL, _CELL, _ANATOMY)),
}
