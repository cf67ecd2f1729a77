"""What a crate in the BioImage Archive's terms says beside ours: its classes and properties, by its own context."""

from collections.abc import Callable, Mapping
from typing import Any

from catalogue.exchange.building import curie_of, text_of
from catalogue.exchange.dossier import Dossier
from catalogue.exchange.ro_crate.nodes import Node, Nodes, filled

# Terms of the archive's context (Apache-2.0) that are written here.
TERMS: dict[str, str] = {
    "accessionId": "bia:accessionId", "acknowledgement": "bia:acknowledgement",
    "annotationCoverage": "bia:annotationCoverage", "annotationCriteria": "bia:annotationCriteria",
    "associatedAnnotationMethod": "bia:associatedAnnotationMethod",
    "associatedBiologicalEntity": "bia:associatedBiologicalEntity",
    "associatedImageAcquisitionProtocol": "bia:associatedImageAcquisitionProtocol",
    "associatedImageAnalysisMethod": "bia:associatedAnalysisMethod",
    "associatedImageCorrelationMethod": "bia:associatedCorrelationMethod",
    "associatedSpecimen": "bia:associatedSubject",
    "associatedSpecimenImagingPreparationProtocol": "bia:associatedImagingPreparationProtocol",
    "authorNames": "bia:authorNames", "biologicalEntity": "bia:sampleOf",
    "channelBiologicalEntity": "bia:channelBiologicalEntity",
    "channelContentDescription": "bia:channelContentDescription", "doi": "bia:doi",
    "experimentalVariableDescription": "bia:experimentalVariableDescription",
    "extrinsicVariableDescription": "bia:extrinsicVariableDescription", "fbbiId": "bia:fbbiId",
    "featuresAnalysed": "bia:featuresAnalysed", "fiducialsUsed": "bia:fiducialsUsed",
    "fundingStatement": "bia:fundingStatement", "growthProtocol": "bia:growthProtocol",
    "imagingInstrumentDescription": "bia:imagingInstrumentDescription", "imagingMethodName": "bia:imagingMethodName",
    "imagingPreparationProtocol": "bia:imagingPreparationProtocol",
    "intrinsicVariableDescription": "bia:intrinsicVariableDescription",
    "methodType": "bia:annotationMethodType", "pubmedId": "bia:pubmedId",
    "relatedPublication": "bia:relatedPublication",
    "role": "bia:role", "signalChannelInformation": "bia:signalChannelInformation",
    "signalContrastMechanismDescription": "bia:signalContrastMechanismDescription",
    "spatialInformation": "bia:spatialInformation", "transformationMatrix": "bia:transformationMatrix",
    "website": "bia:website", "yearPublished": "bia:yearPublished",
}  # fmt: skip
# Terms of its ontology that its context has no short name for.
_BIOLOGICAL_ENTITY = "bia:biologicalEntityDescription"
TYPES: dict[str, str] = {
    "study": "bia:Study", "contributor": "bia:Contributor", "organisation": "bia:Affiliation", "funding": "bia:Grant",
    "publication": "bia:Publication", "link": "bia:ExternalReference", "biosample": "bia:BioSample",
    "specimen": "bia:Specimen", "channel": "bia:SignalChannel", "acquisition": "bia:ImageAcquisitionProtocol",
    "correlation": "bia:ImageCorrelationMethod", "analysis": "bia:ImageAnalysisMethod",
    "annotation_method": "bia:AnnotationMethod", "component": "bia:Dataset",
}  # fmt: skip
_MADE_FROM = {
    "biosample": "associatedBiologicalEntity", "specimen": "associatedSpecimen",
    "acquisition": "associatedImageAcquisitionProtocol", "correlation": "associatedImageCorrelationMethod",
    "analysis": "associatedImageAnalysisMethod", "annotation_method": "associatedAnnotationMethod",
}  # fmt: skip
_PLAIN: dict[str, dict[str, str]] = {  # module: term → field
    "study": {"acknowledgement": "acknowledgements", "fundingStatement": "funding_statement"},
    "organisation": {"website": "website"},
    "publication": {"doi": "doi", "authorNames": "authors", "yearPublished": "year", "pubmedId": "pubmed_id"},
    "biosample": {_BIOLOGICAL_ENTITY: "biological_entity"},
    "channel": {"channelContentDescription": "content", "channelBiologicalEntity": "biological_entity",
                "signalContrastMechanismDescription": "contrast_mechanism"},
    "acquisition": {"imagingInstrumentDescription": "imaging_instrument"},
    "correlation": {"description": "spatial_and_temporal_alignment", "fiducialsUsed": "fiducials_used",
                    "transformationMatrix": "transformation_matrix"},
    "analysis": {"description": "analysis_method", "featuresAnalysed": "features_analysed"},
    "annotation_method": {"description": "overview", "annotationCriteria": "criteria",
                          "annotationCoverage": "coverage", "spatialInformation": "spatial_information"},
}  # fmt: skip
Id = Callable[[str, Any], Node | None]


class Terms:
    """Adds the archive's terms to the nodes of one crate. `ref` gives the node of a row: (module, id)."""

    def __init__(self, dossier: Dossier, nodes: Nodes, ref: Id) -> None:
        self.dossier, self.nodes, self.ref = dossier, nodes, ref
        self.preparations: dict[str, Node] = {}

    def of(self, module: str, row: Mapping[str, Any]) -> Node:
        """What the archive's terms say of a row; its own class is "@type"."""
        node: Node = {term: text_of(row.get(name)) for term, name in _PLAIN.get(module, {}).items()}
        if module in TYPES:
            node["@type"] = TYPES[module]
        more = {"contributor": self._contributor, "biosample": self._biosample, "specimen": self._specimen,
                "acquisition": self._acquisition, "annotation_method": self._annotation,
                "component": self._component}.get(module)  # fmt: skip
        return filled(node | (more(row) if more else {}))

    def _contributor(self, row: Mapping[str, Any]) -> Node:
        return {"role": [text_of(it.get("role")) for it in row.get("roles") or ()],
                "memberOf": self._refs("organisation", row.get("affiliations"), "organisation")}  # fmt: skip

    def _biosample(self, row: Mapping[str, Any]) -> Node:
        node: Node = {}
        for line in row.get("variables") or ():
            parts = [text_of(line.get(name)) for name in ("name", "value", "unit")]
            text = parts[0] + (f" = {' '.join(parts[1:]).strip()}" if any(parts[1:]) else "")
            node.setdefault(f"{text_of(line.get('kind')) or 'intrinsic'}VariableDescription", []).append(text)
        if growth := text_of(row.get("growth_protocol")):
            protocol: Node = {"@type": "bia:Protocol", "name": "growth protocol", "description": growth}
            node["growthProtocol"] = self.nodes.other(protocol, "protocol")
        return node

    def _specimen(self, row: Mapping[str, Any]) -> Node:
        """The archive tells the preparation of a specimen apart from the specimen."""
        key = str(row["id"])
        channels = [it for it in self.dossier.document.get("channels") or () if str(it.get("specimen")) == key]
        preparation: Node = {
            "@type": "bia:SpecimenImagingPreparationProtocol",
            "name": text_of(row.get("title")),
            "description": text_of(row.get("sample_preparation")),
            "signalChannelInformation": [ref for it in channels if (ref := self.ref("channel", it["id"]))],
        }
        self.preparations[key] = self.nodes.other(preparation, "preparation")
        samples = [self.ref("biosample", row.get("biosample"))]
        samples += self._refs("biosample", row.get("further_biosamples"), "biosample")
        return {"imagingPreparationProtocol": [self.preparations[key]],
                "biologicalEntity": [it for it in samples if it]}  # fmt: skip

    def _acquisition(self, row: Mapping[str, Any]) -> Node:
        methods = [it.get("method") for it in row.get("methods") or ()]
        return {"imagingMethodName": [text_of(it) for it in methods if text_of(it)],
                "fbbiId": [curie_of(it) for it in methods if curie_of(it).startswith("FBbi:")]}  # fmt: skip

    def _annotation(self, row: Mapping[str, Any]) -> Node:
        return {"methodType": [text_of(it.get("method_type")) for it in row.get("method_types") or ()]}

    def _component(self, row: Mapping[str, Any]) -> Node:
        lines = list(row.get("associations") or ())
        node: Node = {term: self._refs(column, lines, column) for column, term in _MADE_FROM.items()}
        specimens = dict.fromkeys(str(it.get("specimen")) for it in lines)
        node["associatedSpecimenImagingPreparationProtocol"] = [
            self.preparations[key] for key in specimens if key in self.preparations
        ]
        return node

    def _refs(self, module: str, lines: Any, column: str) -> list[Node]:
        ids = dict.fromkeys(str(line.get(column)) for line in lines or () if line.get(column))
        return [ref for key in ids if (ref := self.ref(module, key))]
