"""Files that are one image together: found by their names, and read as one by a `.pattern` file."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from imaging.errors import ImageError
from imaging.readers import read_facts
from imaging.readers.patterns import parse, propose
from imaging.readers.patterns.text import Block, Pattern, written
from imaging.source import open_source
from tests.imaging.reading import whole

MIBI = "05_multiplexed/mibi_breast/Point2203_pt1072_31606"
# Folder of the samples: texts of the patterns that are proposed, (t, c, z) and names of channels of each.
SETS: dict[str, dict[str, tuple[tuple[int, int, int], tuple[str, ...]]]] = {
    "01_fluorescence/mitocheck_movie": {
        "EMBO_2012_Group3--empty--empty--W0002--P001--T<00000-00029>--Z000--C.tif\n": ((30, 1, 1), ("",)),
    },
    "03_vendor/em/c_elegans_em_series": {"c_elegans_em_z<0000-0020>.tif\n": ((1, 1, 21), ("",))},
    "01_fluorescence/nf1_cellpainting/Plate_2_images": {
        f"{well}_01_<1-3>_{field}_<DAPI,GFP,RFP>_001.tif\naxes: c c\n": ((1, 3, 1), ("DAPI", "GFP", "RFP"))
        for well, field in (("B7", 3), ("D6", 2), ("D7", 1), ("F7", 2), ("H12", 1))
    },
}
PLANES = np.arange(12 * 5 * 4, dtype=np.uint16).reshape(12, 5, 4)


def linked(folder: Path, into: Path) -> list[str]:
    """The files of a folder beside one another where more can be put; gives their names."""
    into.mkdir(exist_ok=True)
    for file in folder.iterdir():
        (into / file.name).symlink_to(file)
    return [file.name for file in folder.iterdir()]


def pattern_at(folder: Path, text: str, name: str = "set.pattern") -> Path:
    """A pattern beside links, which is a link itself, as in a folder that was made for the set."""
    (folder / f"{name}.txt").write_text(text)
    (folder / name).symlink_to(folder / f"{name}.txt")
    return folder / name


def write(folder: Path, names: list[str], planes: np.ndarray = PLANES) -> None:
    for name, plane in zip(names, planes, strict=False):
        tifffile.imwrite(folder / name, plane, photometric="minisblack", metadata=None)


@pytest.mark.parametrize("place", SETS)
def test_sets_of_the_samples(shared: Path, tmp_path: Path, place: str) -> None:
    names = linked(shared / "samples" / place, tmp_path / "set")
    found = propose(names)
    assert [written(one.pattern) for one in found] == sorted(SETS[place])
    for one in found:
        (t, c, z), channels = SETS[place][written(one.pattern)]
        assert one.certain
        path = pattern_at(tmp_path / "set", written(one.pattern), f"{one.names[0]}.pattern")
        (image,) = read_facts(path).images
        assert (image.size_t, image.size_c, image.size_z) == one.sizes == (t, c, z)
        assert tuple(channel.name for channel in image.channels) == channels
        got = whole(open_source(path))
        peer = np.stack([tifffile.imread(shared / "samples" / place / name) for name in one.pattern.names()])
        np.testing.assert_array_equal(got, peer.reshape(got.shape))


def test_a_channel_a_file_of_a_mibi_image(shared: Path, tmp_path: Path) -> None:
    (found,) = propose(linked(shared / "samples" / MIBI, tmp_path / "set"))
    assert found.sizes == (1, 41, 1)
    assert not found.certain  # words alone may also be samples
    path = pattern_at(tmp_path / "set", written(found.pattern))
    facts = read_facts(path)
    assert len(facts.beside) == 41
    peer = tifffile.imread(shared / "samples" / f"{MIBI}_41ch.ome.tif")
    by_name = {channel.name: channel.index for channel in facts.images[0].channels}
    source = open_source(path)
    for position, channel in enumerate(read_facts(shared / "samples" / f"{MIBI}_41ch.ome.tif").images[0].channels):
        mine = source.read_chunk(0, (0, by_name[channel.name], 0, 0, 0))[0, 0, 0]
        np.testing.assert_array_equal(mine, peer[position][: mine.shape[0], : mine.shape[1]])


@pytest.mark.parametrize(
    ("names", "texts"),
    [
        (  # Opera Phenix: row, column, field, plane, channel
            [f"r{r:02}c03f{f:02}p{p:02}-ch{c}sk1fk1fl1.tiff" for r in (1, 2) for f in (1, 2) for p in (1, 2, 3)
             for c in (1, 2)],
            [f"r{r:02}c03f{f:02}p<01-03>-ch<1-2>sk1fk1fl1.tiff\n" for r in (1, 2) for f in (1, 2)],
        ),
        (  # MetaMorph: wavelength with its name, stage position, time
            [f"exp_w{w}_s{s}_t{t}.TIF" for w in ("1DAPI", "2GFP") for s in (1, 2) for t in range(1, 12)],
            [f"exp_<w1DAPI,w2GFP>_s{s}_t<1-11>.TIF\n" for s in (1, 2)],
        ),
        (  # Micro-Manager, old and new
            [f"img_{t:09}_{c}_{z:03}.tif" for t in (0, 1) for c in ("DAPI", "FITC") for z in (0, 1, 2)],
            ["img_<000000000-000000001>_<DAPI,FITC>_<000-002>.tif\naxes: t c z\n"],
        ),
        (
            [f"img_channel00{c}_position000_time00{t}_z00{z}.tif" for t in (0, 1) for c in (0, 1) for z in (0, 1)],
            ["img_channel<000-001>_position000_time<000-001>_z<000-001>.tif\n"],
        ),
        ([f"{name}_z{z}.tif" for name in ("ko", "wt") for z in (1, 2)], ["ko_z<1-2>.tif\n", "wt_z<1-2>.tif\n"]),
        (["s_z1.tif", "s_z2.tif", "s_z3.tif", "s_z4.tif", "s_z6.tif"], ["s_z<1,2,3,4,6>.tif\n"]),
        ([f"Image {n}.tif" for n in range(1, 12)], ["Image <1-11>.tif\n"]),
        (["cell1.tif", "mask.tif"], []),
        ([f"mouse{n}_00{m}.ome.tiff" for n in range(3) for m in range(3)], []),
        (["<a>_z1.tif", "<a>_z2.tif", "", "x"], []),
    ],
)  # fmt: skip
def test_usual_spellings(names: list[str], texts: list[str]) -> None:
    assert [written(one.pattern) for one in propose(names)] == texts


def test_a_set_with_a_file_missing_is_proposed_and_shown_with_a_gap(tmp_path: Path) -> None:
    names = [f"a_t{t}_ch{c}.tif" for t in range(3) for c in range(4)]
    write(tmp_path, names)
    (tmp_path / "a_t1_ch2.tif").unlink()
    (found,) = propose(set(names) - {"a_t1_ch2.tif"})
    assert found.missing == ("a_t1_ch2.tif",)
    (tmp_path / "a.pattern").write_text(written(found.pattern))
    facts = read_facts(tmp_path / "a.pattern")
    assert facts.warnings == ("1 of its 12 files are not beside it, and shown empty: a_t1_ch2.tif. Add them.",)
    wanted = PLANES.copy().reshape(3, 4, 1, 5, 4)
    wanted[1, 2] = 0
    np.testing.assert_array_equal(whole(open_source(tmp_path / "a.pattern")), wanted)


def test_files_that_are_stacks_themselves(tmp_path: Path) -> None:
    stack = PLANES.reshape(2, 2, 3, 5, 4)  # time, channel, z
    for t in range(2):
        for c in range(2):
            tifffile.imwrite(
                tmp_path / f"t{t}_c{c}.ome.tif",
                stack[t, c],
                photometric="minisblack",
                metadata={"axes": "ZYX"},
                ome=True,
            )
    (tmp_path / "s.pattern").write_text("t<0-1>_c<0-1>.ome.tif\nchannels: Nuclei, Actin\n")
    (image,) = read_facts(tmp_path / "s.pattern").images
    assert (image.size_t, image.size_c, image.size_z, image.name) == (2, 2, 3, "s")
    assert [channel.name for channel in image.channels] == ["Nuclei", "Actin"]
    np.testing.assert_array_equal(whole(open_source(tmp_path / "s.pattern")), stack)


def test_no_file_there_yet_is_said(tmp_path: Path) -> None:
    (tmp_path / "s.pattern").write_text("s_z<1-3>.tif\n")
    facts = read_facts(tmp_path / "s.pattern")
    assert facts.images == ()
    assert facts.beside == ("s_z1.tif", "s_z2.tif", "s_z3.tif")
    assert "None of its 3 files is beside it" in facts.warnings[0]
    with pytest.raises(ImageError, match="none of them is beside it"):
        open_source(tmp_path / "s.pattern", "")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "empty"),
        ("image.tif", "has no block"),
        ("a<0-2.tif", "belongs to no block"),
        ("a<0-2>.tif\nfoo: bar", "line 2.*neither"),
        ("a<0-2>.tif\naxes: z c", "names 2 axes for 1 block"),
        ("a<0-2>.tif\naxes: y", "has to be t, c or z"),
        ("a<0-2>_<a,b>.tif\naxes: c c", "differ in how many"),
        ("a<0-2>.tif\naxes: c\nchannels: DAPI", "names 1 channels, but the pattern has 3"),
        ("a<0-99999999999>.tif", "more than 1000000"),
        ("a<0-9999>_z<0-9999>.tif", "more than 1000000"),
        ("a<5-2>.tif", "has nothing in it"),
        ("a<1,1>.tif", "the same twice"),
        ("../a<1-2>.tif", "leads out"),
        ("/etc/a<1-2>.tif", "leads out"),
        ("a<1-2>b<1-2>c<1-2>d<1-2>.tif", "has to be t, c or z"),
    ],
)
def test_texts_that_are_no_pattern(tmp_path: Path, text: str, match: str) -> None:
    path = tmp_path / "bad.pattern"
    path.write_text(text)
    with pytest.raises(ImageError, match=match) as caught:
        read_facts(path)
    assert str(caught.value).startswith("bad.pattern: ")
    assert caught.value.reason.endswith(".")


def test_a_file_that_does_not_fit_is_named(tmp_path: Path) -> None:
    write(tmp_path, ["s_z1.tif", "s_z2.tif"])
    tifffile.imwrite(tmp_path / "s_z3.tif", np.zeros((9, 9), np.uint16))
    (tmp_path / "s.pattern").write_text("s_z<1-3>.tif")
    with pytest.raises(ImageError, match=r"s\.pattern: s_z3\.tif: has 9 x 9 pixels.*s_z1\.tif has 4 x 5"):
        read_facts(tmp_path / "s.pattern")
    tifffile.imwrite(tmp_path / "s_z3.tif", PLANES[0], compression="zstd")
    with pytest.raises(ImageError, match=r"s_z3\.tif: is stored otherwise than s_z1\.tif"):
        open_source(tmp_path / "s.pattern")
    (tmp_path / "s_z3.tif").write_bytes((tmp_path / "s_z2.tif").read_bytes()[:-30])
    with pytest.raises(ImageError, match=r"s_z3\.tif"):
        read_facts(tmp_path / "s.pattern")


def test_a_set_whose_file_changed_is_refused(tmp_path: Path) -> None:
    write(tmp_path, ["s_z1.tif", "s_z2.tif"])
    path = tmp_path / "s.pattern"
    path.write_text("s_z<1-2>.tif")
    source = open_source(path)
    assert source.read_chunk(0, (0, 0, 0, 0, 0)).max() == PLANES[0].max()
    (tmp_path / "s_z2.tif").write_bytes(b"II*\0")
    with pytest.raises(ImageError, match="cut off"):
        source.read_chunk(0, (0, 0, 1, 0, 0))


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    write(tmp_path, ["s_z1.tif", "s_z2.tif"])
    for number in (1, 2):
        (folder / f"s_z{number}.tif").symlink_to(tmp_path / f"s_z{number}.tif")
    (folder / "s.pattern").write_text("s_z<1-2>.tif")
    assert read_facts(folder / "s.pattern").images == ()


TEXT = st.text(st.sampled_from("ab_-. 0é"), min_size=1, max_size=4)
VALUES = st.lists(st.text(st.sampled_from("xyz019"), min_size=1, max_size=3), min_size=1, max_size=4, unique=True)


@given(
    texts=st.lists(TEXT, min_size=4, max_size=4),
    values=st.lists(VALUES, min_size=1, max_size=3),
    axes=st.permutations("tcz"),
    named=st.booleans(),
)
def test_patterns_come_back_as_they_were_written(
    texts: list[str], values: list[list[str]], axes: list[str], named: bool
) -> None:
    blocks = tuple(Block(axis, tuple(found)) for axis, found in zip(axes, values, strict=False))
    count = next((len(block.values) for block in blocks if block.axis == "c"), 1)
    channels = tuple(f"name {number}" for number in range(count)) if named else ()
    texts[0] = "q" + texts[0].replace(".", "")
    pattern = Pattern(tuple(texts[: len(blocks) + 1]), blocks, channels)
    pattern = Pattern((*pattern.texts[:-1], pattern.texts[-1].strip() + ".tif"), blocks, channels)
    assert parse(written(pattern), "x.pattern") == pattern
