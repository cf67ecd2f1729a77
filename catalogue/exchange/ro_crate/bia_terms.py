"""What the BioImage Archive's crates say in their own way: preparations apart from specimens, methods by two lists."""

from functools import partial

from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import Weight
from catalogue.exchange.ro_crate.graph import Crate, Entity, text_or_id
from catalogue.exchange.ro_crate.leftovers import Leftovers
from catalogue.exchange.ro_crate.vocabulary import MADE_FROM
from catalogue.exchange.terms import curie_in

Ids = dict[str, tuple[str, str]]
_PREPARATION = "bia:imagingPreparationProtocol"
_CHANNELS = "bia:signalChannelInformation"


def merged(crate: Crate) -> set[str]:
    """Preparation protocols that a specimen names: they are part of its row."""
    return {key for it in crate.entities.values() if "bia:Specimen" in it.types for key in it.refs(_PREPARATION)}


def take(
    build: Builder, crate: Crate, rest: Leftovers, ids: Ids, row: tuple[str, str], entity: Entity
) -> set[str]:  # fmt: skip
    """Fill the row from what the archive's terms say together. Gives the properties that were taken."""
    module, key = row
    if module == "component":
        return _made_from(build, ids, key, entity)
    if module == "specimen":
        return _specimen(build, crate, rest, ids, key, entity)
    if module == "acquisition":
        return _methods(build, key, entity)
    return set()


def _made_from(build: Builder, ids: Ids, key: str, entity: Entity) -> set[str]:
    """One row an acquisition, or whatever there is most of; what there is one of belongs to all."""
    found: dict[str, list[str]] = {}
    known = set()
    for term, column in MADE_FROM.items():
        rows = [ids[ref][1] for ref in entity.refs(term) if ref in ids and ids[ref][0] == column]
        if rows and len(rows) == len(entity.values.get(term, ())):
            known.add(term)
            found.setdefault(column, []).extend(it for it in rows if it not in found.get(column, []))
    for number in range(max(map(len, found.values()), default=0)):
        row = {column: rows[min(number, len(rows) - 1)] for column, rows in found.items()}
        build.append("component", key, "associations", row, said="associations")
    return known


def _specimen(build: Builder, crate: Crate, rest: Leftovers, ids: Ids, key: str, entity: Entity) -> set[str]:
    known = {_PREPARATION, _CHANNELS, "bia:sampleOf"} if "rembi:Specimen" not in entity.types else set[str]()
    samples = [ids[ref][1] for ref in entity.refs("bia:sampleOf") if ids.get(ref, ("",))[0] == "biosample"]
    for number, sample in enumerate(samples):
        if number == 0:
            build.put("specimen", key, "biosample", sample, said="biologicalEntity")
        else:
            build.append("specimen", key, "further_biosamples", {"biosample": sample}, said="biologicalEntity")
    _channels(build, ids, key, entity)
    for protocol in crate.of(entity.refs(_PREPARATION)):
        rest.claimed.add(protocol.id)
        if not entity.text("schema:name"):
            build.put("specimen", key, "title", protocol.text("schema:name"), said="name")
        build.put("specimen", key, "sample_preparation", protocol.text("schema:description"), said="description")
        _channels(build, ids, key, protocol)
        taken = {"schema:description", _CHANNELS} | (set() if entity.text("schema:name") else {"schema:name"})
        rest.rest(partial(build.keep, "specimen", key), "imagingPreparationProtocol", protocol, taken)
    return known


def _channels(build: Builder, ids: Ids, specimen: str, entity: Entity) -> None:
    for ref in entity.refs(_CHANNELS):
        module, channel = ids.get(ref, ("", ""))
        if module == "channel":
            if build.row("channel", channel).get("specimen"):
                message = "This channel is of several preparations; it is told for the first."
                build.remark(
                    Weight.NOTE, message, said="signalChannelInformation", value=ref, path=f"channel/{channel}"
                )
                build.pair("channel", channel, "specimen", specimen)
            else:
                build.put("channel", channel, "specimen", specimen, said="signalChannelInformation")


def _methods(build: Builder, key: str, entity: Entity) -> set[str]:
    names, codes = entity.texts("bia:imagingMethodName"), entity.values.get("bia:fbbiId", [])
    techniques = {curie_in(it) for it in entity.refs("schema:measurementTechnique")}  # may say the same
    for number in range(max(len(names), len(codes))):
        code = text_or_id(codes[number]) if number < len(codes) else ""
        term = {"text": names[number] if number < len(names) else "", "curie": curie_in(code)}
        if not term["curie"]:
            build.pair("acquisition", key, "fbbiId", code)
        if not term["curie"] or term["curie"] not in techniques:
            build.append("acquisition", key, "methods", {"method": term}, said="imagingMethodName")
    return {"bia:imagingMethodName", "bia:fbbiId"}
