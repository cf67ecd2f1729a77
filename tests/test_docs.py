"""The documentation lists what there is: every setting, command, script and metadata format."""

import re
from pathlib import Path

from catalogue.exchange.formats import FORMATS
from publishing.renditions import RENDITIONS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
SETTING = re.compile(r"VITRINE_STORE_|VITRINE_[A-Z_]+")  # those of each store are read by their beginning


def _text(*names: str) -> str:
    return "\n".join((ROOT / name).read_text() for name in names)


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    documented = set(SETTING.findall(_text("docs/settings.md")))
    read = set(SETTING.findall(_text("portal/settings.py")))
    assert read - documented == set()
    assert documented - read - {"VITRINE_SHARED"} == set()


def test_every_command_is_documented() -> None:
    commands = {path.stem for path in ROOT.glob("*/management/commands/*.py") if path.stem != "__init__"}
    documented = _text("docs/commands.md")
    assert {name for name in commands if f"manage.py {name}" not in documented} == set()


def test_every_script_is_documented() -> None:
    scripts = {path.name for path in (ROOT / "script").iterdir() if path.is_file() and not path.suffix}
    documented = _text("README.md", *(str(page.relative_to(ROOT)) for page in DOCS.rglob("*.md")))
    assert {name for name in scripts if f"script/{name}" not in documented} == set()


def test_every_metadata_format_is_documented() -> None:
    documented = _text("docs/formats.md")
    assert {
        it.key for it in RENDITIONS if it.media_type not in documented or f".{it.extension}" not in documented
    } == set()


def test_every_format_in_and_out_is_documented() -> None:
    documented = _text("docs/formats.md")
    assert {one.key for one in FORMATS if f"`{one.key}`" not in documented} == set()


def test_links_between_pages_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *DOCS.rglob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"
