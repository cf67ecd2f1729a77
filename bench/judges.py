"""Peers that are installed beside the project, by `script/services judges` and `peers`: their Python, if they are
there."""

from pathlib import Path

JUDGES = Path(__file__).parent.parent / ".services" / "judges"


def judge_with(package: str) -> str | None:
    """The Python of an environment that has this package."""
    for place in sorted(JUDGES.glob(f"*/lib/python3*/site-packages/{package}")):
        python = place.parents[3] / "bin" / "python"
        if python.exists():
            return str(python)
    return None
