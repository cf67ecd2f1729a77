"""The study table: each source a sample of ours, each ISA sample a preparation of it."""

from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import Pair, Weight
from catalogue.exchange.idr.labels import GROWTH, PREPARATION
from catalogue.exchange.isa_tab import labels
from catalogue.exchange.isa_tab.study import Protocols
from catalogue.exchange.isa_tab.table import PROTOCOL, SAMPLE, SOURCE, Node, Table
from catalogue.exchange.tab import table_rows

MANY = 100  # sources: more are put together by what they are, for nobody edits a thousand samples one by one


class Samples:
    """The preparations by the names that ISA's samples have."""

    def __init__(self, builder: Builder, protocols: Protocols) -> None:
        self.builder, self.protocols = builder, protocols
        self.specimens: dict[str, str] = {}  # name of an ISA sample → id of the preparation
        self._biosamples: dict[object, str] = {}
        self._by_content: dict[object, str] = {}
        self._group = False

    def read(self, file: str, text: str) -> None:
        rows = list(table_rows(text, delimiter="\t", name=file))
        if not rows:
            self.builder.remark(Weight.ERROR, "This table is empty. Is it whole?", file=file)
            return
        table = Table(rows[0][1])
        if SAMPLE not in table.labels():
            message = "There is no column Sample Name, so no sample can be taken. Add it, and import again."
            self.builder.remark(Weight.ERROR, message, file=file, row=1)
        parsed = [(number, table.nodes(cells)) for number, cells in rows[1:]]
        self._group = len({_name(nodes, SAMPLE) for _, nodes in parsed}) > MANY
        for number, nodes in parsed:
            self._row(file, number, nodes)
        if self._group:
            count = len(self._by_content)
            message = (
                f"{len(self.specimens)} ISA samples were put together to {count} preparations, by what is said of "
                "them; their names are kept with them."
            )
            self.builder.remark(Weight.NOTE, message, file=file)
        for label, fault in table.faults:
            self.builder.remark(Weight.REPAIR if fault.proposal else Weight.NOTE, fault.message, said=label,
                                value=fault.value, proposal=fault.proposal, file=file)  # fmt: skip

    def _row(self, file: str, number: int, nodes: list[Node]) -> None:
        source = next((node for node in nodes if node.label == SOURCE), Node(SOURCE, ""))
        sample = next((node for node in nodes if node.label == SAMPLE), None)
        if sample is None or not sample.name:
            if SAMPLE:
                values = " ".join(node.name for node in nodes)
                message = "This row names no sample; it was left out."
                self.builder.remark(Weight.ERROR, message, file=file, row=number, value=values)
            return
        if sample.name in self.specimens:
            return
        biosample = self._biosample(source)
        rest = [node for node in nodes if node not in (source, sample)]
        factors = [pair for node in nodes for pair in node.attributes if pair.name.startswith("Factor Value[")]
        content = (biosample, *(pair for node in [*rest, sample] for pair in [*node.attributes, (node.label, node.name)]
                                if node is not sample or isinstance(pair, Pair)))  # fmt: skip
        key = self._by_content.get(content, "") if self._group else ""
        if key:
            self.builder.pair("specimen", key, SAMPLE, sample.name, namespace=labels.TABLE)
        else:
            key = self._by_content[content] = self.specimen(sample.name, biosample)
            self._factors(biosample, factors)
            self._preparation(key, biosample, sample.name, rest)
            for pair in sample.attributes:
                if pair not in factors:
                    self._keep("specimen", key, pair)
        self.specimens[sample.name] = key

    def specimen(self, name: str, biosample: str) -> str:
        """A new preparation of this name."""
        key = self.builder.add("specimen", f"specimen-{len(self.builder.ids('specimen')) + 1}")
        row = self.builder.row("specimen", key)
        row["title"], row["biosample"] = name, biosample
        self.specimens[name] = key
        return key

    def _biosample(self, source: Node) -> str:
        content = tuple(source.attributes) if self._group else source.name
        if key := self._biosamples.get(content, ""):
            if self._group and source.name:
                self.builder.pair("biosample", key, SOURCE, source.name, namespace=labels.TABLE)
            return key
        key = self.builder.add("biosample", f"biosample-{len(self.builder.ids('biosample')) + 1}")
        self._biosamples[content] = key
        self.builder.put("biosample", key, "title", source.name, said=SOURCE)
        for pair in source.attributes:
            if not pair.name.startswith("Factor Value["):
                self._characteristic(key, pair)
        return key

    def _characteristic(self, key: str, pair: Pair) -> None:
        name = pair.name.removeprefix("Characteristics[").removesuffix("]")
        term = {"text": pair.value, "curie": pair.curie}
        if not pair.name.startswith("Characteristics["):
            self._keep("biosample", key, pair)
        elif name.lower() in labels.ORGANISM and not pair.unit:
            self.builder.append("biosample", key, "organisms", {"organism": term}, said=pair.name)
        elif name == "Description" and not pair.unit and not pair.curie:
            self.builder.put("biosample", key, "description", pair.value, said=pair.name)
        elif not pair.unit and name in ("Organism part", "Strain"):
            field = "biological_entity" if name == "Organism part" else "strain"
            self.builder.put("biosample", key, field, pair.value, said=pair.name, curie=pair.curie)
        elif (
            not pair.unit
            and name.lower() in labels.ENTITY
            and not self.builder.row("biosample", key).get("biological_entity")
        ):
            self.builder.put("biosample", key, "biological_entity", pair.value, said=pair.name, curie=pair.curie)
        elif not pair.unit and name.lower() in labels.STRAIN and not self.builder.row("biosample", key).get("strain"):
            self.builder.put("biosample", key, "strain", pair.value, said=pair.name, curie=pair.curie)
        else:
            variable = {"kind": "intrinsic", "name": name, "value": term, "unit": pair.unit}
            self.builder.append("biosample", key, "variables", variable, said=pair.name)

    def _factors(self, biosample: str, factors: list[Pair]) -> None:
        for pair in factors:
            name = pair.name.removeprefix("Factor Value[").removesuffix("]")
            variable = {"kind": "experimental", "name": name, "unit": pair.unit,
                        "value": {"text": pair.value, "curie": pair.curie}}  # fmt: skip
            there = self.builder.row("biosample", biosample).get("variables", ())
            filled = {key: value for key, value in variable.items() if value}
            if filled not in there:
                self.builder.append("biosample", biosample, "variables", variable, said=pair.name)

    def _preparation(self, key: str, biosample: str, name: str, nodes: list[Node]) -> None:
        """What the protocols between source and sample say."""
        title = str(self.builder.row("biosample", biosample).get("title", ""))
        texts: list[tuple[str, str]] = []
        for node in nodes:
            if node.label == PROTOCOL and node.name:
                kind = self.protocols.kind(node.name)
                if kind == GROWTH:
                    if not self.builder.row("biosample", biosample).get("growth_protocol"):
                        text = self.protocols.text(node.name)
                        self.builder.put("biosample", biosample, "growth_protocol", text, said=node.name)
                else:
                    texts.append((node.name, self.protocols.text(node.name)))
                of = title if kind == GROWTH else name
                if not self.protocols.is_made_here(node.name, GROWTH if kind == GROWTH else PREPARATION, of):
                    self._keep("specimen", key, Pair(labels.TABLE, node.label, node.name))
            elif node.name:
                self._keep("specimen", key, Pair(labels.TABLE, node.label, node.name))
            for pair in node.attributes:
                if not pair.name.startswith("Factor Value["):
                    self._keep("specimen", key, pair)
        texts = [one for one in texts if one[1]]
        text = texts[0][1] if len(texts) == 1 else "\n\n".join(f"{name}: {text}" for name, text in texts)
        self.builder.put("specimen", key, "sample_preparation", text, said=PROTOCOL)

    def _keep(self, module: str, key: str, pair: Pair) -> None:
        self.builder.pair(module, key, pair.name, pair.value, unit=pair.unit, curie=pair.curie, namespace=labels.TABLE)


def _name(nodes: list[Node], label: str) -> str:
    return next((node.name for node in nodes if node.label == label), "")
