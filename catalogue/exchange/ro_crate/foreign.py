"""What crates of others say in their own ways: people by one name, ids that are identifiers, what a study is about."""

from functools import partial

from catalogue.exchange.building import Builder, names_of
from catalogue.exchange.dossier import Weight
from catalogue.exchange.ro_crate import bia_terms
from catalogue.exchange.ro_crate.graph import Crate, Entity, Ref, Value, text_or_id
from catalogue.exchange.ro_crate.leftovers import Leftovers, curie_of, plain
from catalogue.exchange.ro_crate.vocabulary import is_ours
from catalogue.exchange.terms import curie_in
from catalogue.rules import Module

PEOPLE = {"schema:author": "Author", "schema:creator": "Author", "schema:contributor": ""}  # property → role
# Protocols in crates of IDR that are no acquisition, by the EFO term of what they are a protocol of.
GROWTH, ANALYSIS, LIBRARY = "EFO:0003789", "EFO:0007573", "EFO:0007571"


def protocol_of(entity: Entity) -> str:
    """What a protocol that is no acquisition is for; nothing for any other."""
    curies = [curie_in(key) for key in entity.refs("schema:measurementTechnique")]
    return next((it for it in curies if it in {GROWTH, ANALYSIS, LIBRARY}), "")


class Foreign:
    """Fills rows from what needs more than one property to be understood."""

    def __init__(self, build: Builder, crate: Crate, rest: Leftovers, ids: dict[str, tuple[str, str]]) -> None:
        self.build, self.crate, self.rest, self.ids = build, crate, rest, ids

    def take(self, module: Module, key: str, entity: Entity) -> set[str]:
        """Fill the row from the entity. Gives the properties that were taken."""
        if module.key == "study":
            return self._study(entity)
        if is_ours(entity.types):
            return set()
        if module.key == "contributor":
            return self._person(key, entity)
        if module.key == "organisation":
            return self._identified(key, entity, "organisation", "ror")
        if module.key == "publication":
            return self._identified(key, entity, "publication", "doi")
        if module.key == "funding":
            return self._grant(key, entity)
        if module.key == "link" and not entity.values.get("schema:url"):
            self.build.put("link", key, "url", entity.id, said="@id")
        return bia_terms.take(self.build, self.crate, self.rest, self.ids, (module.key, key), entity)

    def _study(self, root: Entity) -> set[str]:
        known: set[str] = set()
        for term in [] if is_ours(self.crate.root.types) else PEOPLE:
            known.add(term)
            for value in root.values.get(term, ()):
                self._contributor(term, value)
        if is_ours(self.crate.root.types):
            return known
        keywords = root.values.get("schema:keywords", [])
        if len(keywords) == 1 and isinstance(keywords[0], str):  # RO-Crate allows one text with commas
            known.add("schema:keywords")
            for word in keywords[0].split(","):
                self.build.append("study", "", "keywords", {"text": word.strip()}, said="keywords")
        known |= self._dates(root)
        for term in ("schema:about", "dwciri:measurementMethod", "rdfs:seeAlso", "rdf:seeAlso", "schema:citation",
                     "schema:funder", "schema:funding", "bia:relatedPublication", "bia:seeAlso"):  # fmt: skip
            known.add(term)
            for value in root.values.get(term, ()):
                self._named_by_root(term, value)
        return known

    def _dates(self, root: Entity) -> set[str]:
        """A time of publication is taken as its day."""
        for date in root.texts("schema:datePublished")[:1]:
            if len(date) > 10 and date[10] == "T":
                self.build.put("study", "", "release_date", date[:10], said="datePublished")
                self.build.remark(Weight.NOTE, "The time of day is left out.", said="datePublished", value=date)
                return {"schema:datePublished"}
        return set()

    def _contributor(self, term: str, value: Value) -> None:
        """Who is named by the root: a person of the graph, or only a name."""
        module, key = self.ids.get(value.id, ("", "")) if isinstance(value, Ref) else ("", "")
        if module != "contributor" and isinstance(value, Ref) and value.id in self.crate.entities:
            self.rest.keep(partial(self.build.keep, "study", ""), plain(term), value)  # a group, say
            return
        if module != "contributor":
            key = self.build.add("contributor")
            name = value.id if isinstance(value, Ref) else value
            self._name(key, name, plain(term))
        role = PEOPLE[term]
        if role and {"role": role} not in self.build.row("contributor", key).get("roles", []):
            self.build.append("contributor", key, "roles", {"role": role}, said=plain(term))

    def _named_by_root(self, term: str, value: Value) -> None:
        """What the study is about and how it was imaged, unless a sample or protocol says it already."""
        entity = self.crate.entities.get(value.id) if isinstance(value, Ref) else None
        if entity is None or entity.id not in self.ids:
            if entity is not None and self._is_said_elsewhere(entity):
                return
            if entity is not None and protocol_of(entity):
                self._protocol(entity)
            elif entity is not None and "schema:Organization" in entity.types and term == "schema:funder":
                self._funder(entity)
            elif entity is not None and "dwc:Taxon" in entity.types:
                name = entity.text("dwc:scientificName", "schema:name")
                self.rest.claimed.add(entity.id)
                self.build.pair("study", "", plain(term), name, curie=curie_of(entity))
                self.rest.rest(partial(self.build.keep, "study", ""), plain(term), entity,
                               {"dwc:scientificName", "schema:name"})  # fmt: skip
            else:
                self.rest.keep(partial(self.build.keep, "study", ""), plain(term), value)

    def _is_said_elsewhere(self, entity: Entity) -> bool:
        if not hasattr(self, "_said"):
            self._said = {
                key
                for row in self.ids
                if row != self.crate.root.id
                for key in self.crate.entities[row].refs(
                    "schema:taxonomicRange", "bao:BAO_0002004", "schema:measurementTechnique"
                )
            }
        return entity.id in self._said

    def _protocol(self, entity: Entity) -> None:
        """A protocol of growth is the sample's, if there is one; any other is kept."""
        self.rest.claimed.add(entity.id)
        samples = self.build.ids("biosample")
        text = entity.text("schema:description")
        if protocol_of(entity) == GROWTH and len(samples) == 1 and text:
            self.build.put("biosample", samples[0], "growth_protocol", text, said="LabProtocol")
            known = {"schema:description"}
        else:
            known = set()
        name = entity.text("schema:name") or "LabProtocol"
        self.rest.rest(partial(self.build.keep, "study", ""), f"LabProtocol/{name}", entity, known)

    def _person(self, key: str, entity: Entity) -> set[str]:
        names = entity.texts("schema:name")
        if names and not (entity.text("schema:familyName") or entity.text("schema:givenName")):
            self._name(key, names[0], "name")
            names = names[1:]
        elif names and names[0] == f"{entity.text('schema:givenName')} {entity.text('schema:familyName')}".strip():
            names = names[1:]
        for name in names:
            self.build.pair("contributor", key, "name", name)
        return {"schema:name"} | self._identified(key, entity, "contributor", "orcid")

    def _name(self, key: str, name: str, said: str) -> None:
        family, given = names_of(name)
        self.build.put("contributor", key, "family_name", family, said=said)
        self.build.put("contributor", key, "given_name", given, said=said)

    def _identified(self, key: str, entity: Entity, module: str, name: str) -> set[str]:
        """The identifier that an entity's own id is: ORCID, ROR or DOI; any other address is kept."""
        places = {"orcid": "orcid.org/", "ror": "ror.org/", "doi": "doi.org/"}
        for said in (entity.id, *entity.texts("schema:identifier"), *entity.refs("schema:identifier")):
            if places[name] in said:
                self.build.put(module, key, name, said, said="@id")
        if entity.id.startswith(("http://", "https://")) and places[name] not in entity.id:
            self.build.pair(module, key, "@id", entity.id)
        left = [it for it in entity.values.get("schema:identifier", ()) if places[name] not in text_or_id(it)]
        for value in left:
            self.rest.keep(partial(self.build.keep, module, key), "identifier", value)
        return {"schema:identifier"}

    def _grant(self, key: str, entity: Entity) -> set[str]:
        known: set[str] = set()
        for funder in self.crate.of(entity.refs("schema:funder")):
            known.add("schema:funder")
            self.rest.claimed.add(funder.id)
            self.build.put("funding", key, "funder_name", funder.text("schema:name"), said="funder")
            if funder.id.startswith("http"):
                self.build.put("funding", key, "funder_id", funder.id, said="funder")
            self.rest.rest(partial(self.build.keep, "funding", key), "funder", funder, {"schema:name"})
        return known

    def _funder(self, entity: Entity) -> None:
        key = self.build.add("funding")
        self.rest.claimed.add(entity.id)
        self.build.put("funding", key, "funder_name", entity.text("schema:name"), said="funder")
        if entity.id.startswith("http"):
            self.build.put("funding", key, "funder_id", entity.id, said="funder")
        self.rest.rest(partial(self.build.keep, "funding", key), "funder", entity, {"schema:name"})
