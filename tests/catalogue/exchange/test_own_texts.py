"""CSV tables and YAML: out and in again."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings

from catalogue.exchange.dossier import Dossier, Weight
from catalogue.exchange.formats import format_of
from catalogue.exchange.merge import Mode, merge
from catalogue.rules.rembi import MODULES
from tests import factory
from tests.catalogue.exchange.documents import documents

NOTHING: dict[str, Any] = {module.plural: [] if module.repeated else {} for module in MODULES}


@pytest.mark.parametrize("key", ["csv", "yaml"])
@settings(
    max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
@given(document=documents())
@example(document=factory.document())
def test_out_and_in_gives_the_same_rows(
    key: str, document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    known = format_of(key)
    assert known.write
    assert known.read
    assert known.is_mine
    files: dict[str, Path] = {}
    for name, data in known.write(Dossier(document)).items():
        files[name] = tmp_path_factory.mktemp("own") / Path(name).name
        files[name].write_bytes(data)
    assert known.is_mine(files)
    imported = known.read(files)
    assert merge({**NOTHING, **document}, imported.dossier.document, Mode.REPLACE).changes == []
    assert not [one for one in imported.remarks if one.weight is Weight.ERROR and not one.path]
