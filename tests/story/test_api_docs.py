"""The examples of docs/api.md, run as they stand there, against a running site."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.story.site import Site

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "api.md"


def test_the_examples_do_what_they_say(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"ADDRESS": site.url, "TOKEN": site.api("ada").headers["Authorization"].split()[1]}
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    try:
        exec("\n".join(examples), names)
    finally:
        names["site"].close()
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "NCBITaxon:9606"
    assert printed[1].startswith("409 {'title': 'Nuclei of HeLa cells")
    assert "1 person" in printed
    assert any(line.startswith("biosample/") for line in printed)
    assert "['platemap.csv']" in printed
    assert any(re.fullmatch(r"400 \d+ problems", line) for line in printed)


def test_the_examples_of_the_client_do_what_they_say(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"ADDRESS": site.url, "TOKEN": site.api("ada").headers["Authorization"].split()[1]}
    [example] = re.findall(r"```python\n(.*?)```", (DOCS / "client.md").read_text(), re.DOTALL)
    exec(example, names)
    printed = capsys.readouterr().out.splitlines()
    assert any(line.startswith("required ") for line in printed)
    assert re.search(r"\d+ problems$", printed[-1])
