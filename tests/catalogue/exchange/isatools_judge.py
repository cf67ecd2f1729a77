"""Run by the judge's own Python, which has isatools: loads an ISA-Tab archive, prints what it holds as JSON."""

import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any


def _term(value: Any) -> list[str]:
    return [value.term, value.term_accession] if hasattr(value, "term") else [str(value), ""]


def main(folder: str) -> None:
    warnings.simplefilter("ignore")
    from isatools import isatab  # type: ignore[import-not-found]  # noqa: PLC0415  # after the warnings are off

    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("isatools").addHandler(handler)
    with Path(folder, "i_investigation.txt").open(encoding="utf-8") as file:
        investigation = isatab.load(file)
    with Path(folder, "i_investigation.txt").open(encoding="utf-8") as file:
        report: Any = isatab.validate(file)
    (study,) = investigation.studies
    json.dump({
        "said": said,
        "errors": report["errors"],
        "title": study.title,
        "description": study.description,
        "people": [[one.last_name, one.first_name, one.email, one.affiliation] for one in study.contacts],
        "articles": [[one.title, one.doi, one.pubmed_id] for one in study.publications],
        "protocols": {one.name: one.description for one in study.protocols},
        "factors": [one.name for one in study.factors],
        "sources": {
            one.name: [[each.category.term, *_term(each.value)] for each in one.characteristics]
            for one in study.sources
        },
        "samples": [one.name for one in study.samples],
        "assays": [
            [one.filename, _term(one.technology_type), sorted(each.filename for each in one.data_files)]
            for one in study.assays
        ],
    }, sys.stdout)  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
