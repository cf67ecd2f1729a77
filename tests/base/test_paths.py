import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import Invalid
from base.paths import relative_path


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("../secret", r"holds “\.\.”"),
        ("a/../b", r"holds “\.\.”"),
        ("/etc/passwd", "is absolute"),
        ("a//b", "empty name"),
        ("a/", "empty name"),
        ("./a", "empty name or"),
        ("C:\\images\\a.tif", "backslash"),
        ("a\0b", "control"),
        ("a\nb", "control"),
        ("a\udcffb", "broken characters"),
        ("é" * 128, "more than 255 bytes"),
        ("/".join("abcdefghi" for _ in range(101)), "has 1009 characters"),
    ],
)
def test_refuses_with_field_and_reason(path: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason) as caught:
        relative_path(path)
    assert caught.value.field == "path"
    assert caught.value.problems[0].path == "path"
    str(caught.value).encode()  # can be sent as it is


@pytest.mark.parametrize(
    "path", ["a", "a/b c/d.ome.tif", "plate (1)/B7_01.tif", "Zellkern–µm/図.tif", ".zgroup", "a..b"]
)
def test_keeps_what_is_fine(path: str) -> None:
    assert relative_path(path) == path


def test_composes_letters_and_accents() -> None:
    assert relative_path("Mu\u0308ller.tif") == "M\u00fcller.tif"


@given(st.text())
def test_never_gives_a_path_that_leaves_its_folder(text: str) -> None:
    try:
        path = relative_path(text)
    except Invalid:
        return
    assert not path.startswith("/")
    assert not {"..", ".", ""} & set(path.split("/"))
    assert unicodedata.is_normalized("NFC", path)
    assert relative_path(path) == path
