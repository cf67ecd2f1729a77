"""Mappings as SSSOM/TSV: what is written comes back, another reader finds it valid, bad lines are told one by one."""

import subprocess
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from base.errors import Invalid
from ontology.bindings import BINDINGS
from ontology.mapping import sssom
from ontology.mapping.sssom import Literal
from ontology.models import Decision

OBO = "http://purl.obolibrary.org/obo/"
MOUSE = Literal(
    "Lab mouse", "organism", "NCBITaxon:10090", "Mus musculus", f"{OBO}NCBITaxon_10090", people=("Carla Curator",),
    day=date(2026, 11, 21), comment='Said "mouse"\tonly\non two lines',
)  # fmt: skip
SEVERAL = (
    MOUSE,
    Literal("# 3 clones", "strain", people=("orcid:0000-0002-1825-0097", "Ada | Depositor")),
    Literal("fluo micr.", "imaging_method", "FBbi:00000246", "fluorescence microscopy", f"{OBO}FBbi_00000246",
            Decision.Predicate.CLOSE, Decision.Justification.LEXICAL, ("Carla Curator",), None, 0.875),
)  # fmt: skip

HEADER = (
    "#curie_map:\n#  NCBITaxon: http://purl.obolibrary.org/obo/NCBITaxon_\n"
    "#mapping_set_id: https://example.org/set\n#license: https://creativecommons.org/publicdomain/zero/1.0/\n"
)
COLUMNS = "subject_label\tsubject_category\tpredicate_id\tobject_id\tmapping_justification"


def written(*literals: Literal) -> str:
    return sssom.write(
        literals, set_id="https://example.org/set", licence="https://creativecommons.org/publicdomain/zero/1.0/",
        title="Texts: of a site",
    )  # fmt: skip


def lines(*rows: str, columns: str = COLUMNS, header: str = HEADER) -> bytes:
    return (header + "\n".join([columns, *rows]) + "\n").encode()


def test_a_set_is_written_as_the_format_has_it() -> None:
    text = written(*SEVERAL)
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert head[:4] == [
        "#curie_map:",
        f"#  FBbi: {OBO}FBbi_",
        f"#  NCBITaxon: {OBO}NCBITaxon_",
        "#  orcid: https://orcid.org/",
    ]
    assert "#subject_type: rdfs literal" in head, "what all lines share is said once"
    assert '"# 3 clones"\tstrain\tskos:exactMatch\tsssom:NoTermFound' in text
    found = sssom.read(text.encode())
    assert set(found.literals) == set(SEVERAL)
    assert (found.id, found.problems) == ("https://example.org/set", ())


def judged(sssom_py: Path, path: Path) -> str:
    """What sssom-py, the reader of those who make the format, says of a file."""
    done = subprocess.run([sssom_py, "validate", path], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_another_reader_finds_the_file_valid(sssom_py: Path, tmp_path: Path) -> None:
    path = tmp_path / "mappings.sssom.tsv"
    path.write_text(written(*SEVERAL))
    said = judged(sssom_py, path)
    assert "error" not in said.lower(), said
    rdf = subprocess.run(
        [sssom_py, "convert", path, "--output-format", "rdf"], capture_output=True, text=True, check=True, timeout=300
    )
    assert "NCBITaxon" in rdf.stdout


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1)
words = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=60).map(str.strip)
texts = words.filter(bool)
literals = st.builds(
    Literal,
    text=texts,
    binding=st.sampled_from(sorted(BINDINGS)),
    curie=st.just(""),
    predicate=st.sampled_from(Decision.Predicate.values),
    justification=st.sampled_from(Decision.Justification.values),
    people=st.lists(st.one_of(names.filter(lambda name: ":" not in name), st.just("orcid:0000-0002-1825-0097")),
                    max_size=3, unique=True).map(lambda some: tuple(sorted(some, key=lambda it: ":" not in it))),
    day=st.none() | st.dates(),
    confidence=st.none() | st.integers(0, 1000).map(lambda n: n / 1000),
    comment=words,
)  # fmt: skip
terms = st.tuples(st.sampled_from(["CL", "GO", "NCBITaxon"]), st.from_regex(r"[0-9]{1,7}", fullmatch=True), words)


@given(st.lists(st.tuples(literals, st.none() | terms), max_size=6))
@example([(Literal("mouse", "organism", people=("\\", "a|b\\")), None)])
def test_what_is_written_is_read(drawn: list[tuple[Literal, tuple[str, str, str] | None]]) -> None:
    made: dict[tuple[str, str], Literal] = {}
    for one, term in drawn:
        fields = {name: getattr(one, name) for name in one.__dataclass_fields__}
        if term:
            prefix, local, label = term
            fields |= {"curie": f"{prefix}:{local}", "iri": f"{OBO}{prefix}_{local}", "label": label}
        made[one.text, one.binding] = Literal(**fields)
    found = sssom.read(written(*made.values()).encode())
    assert found.problems == ()
    assert {(one.text, one.binding): one for one in found.literals} == made


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("mouse\thue\tskos:exactMatch\tNCBITaxon:1\tsemapv:LexicalMatching", "line 6, subject_category: it says for"),
        ("\torganism\tskos:exactMatch\tNCBITaxon:1\tsemapv:LexicalMatching", "line 6, subject_label: it names no text"),
        ("mouse\torganism\towl:sameAs\tNCBITaxon:1\tsemapv:LexicalMatching", "line 6, predicate_id: “owl:sameAs”"),
        ("mouse\torganism\tskos:exactMatch\tOTHER:1\tsemapv:LexicalMatching", "the prefix “OTHER” is not in"),
        ("mouse\torganism\tskos:exactMatch\thttp://x.org/1\tsemapv:LexicalMatching", "is no CURIE"),
        ("mouse\torganism\tskos:exactMatch\t\tsemapv:LexicalMatching", "line 6, object_id: it names no term"),
        (f"mouse\torganism\tskos:exactMatch\tNCBITaxon:{'1' * 100}\tsemapv:LexicalMatching", "too long"),
        ("mouse\torganism\tskos:exactMatch\tNCBITaxon:1\tguess", "line 6, mapping_justification: “guess”"),
        ("mouse\torganism\tskos:exactMatch", "line 6: it has 3 cells, the header has 5"),
    ],
)
def test_a_bad_line_is_told_and_the_others_are_read(row: str, said: str) -> None:
    good = "rat\torganism\tskos:exactMatch\tNCBITaxon:10116\tsemapv:ManualMappingCuration"
    found = sssom.read(lines(row, good))
    assert [one.text for one in found.literals] == ["rat"]
    (problem,) = found.problems
    assert said in str(problem)


def test_a_text_mapped_twice_is_told() -> None:
    row = "mouse\torganism\tskos:exactMatch\tNCBITaxon:{}\tsemapv:ManualMappingCuration"
    found = sssom.read(lines(row.format(10090), row.format(10116), row.format(10090)))
    assert [str(one) for one in found.problems] == [
        "line 7, subject_label: “mouse” stands for NCBITaxon:10090 by line 6 already"
    ]


def test_terms_mapped_to_terms_are_left_out_with_the_reason() -> None:
    columns = f"subject_id\t{COLUMNS}"
    found = sssom.read(
        lines("MP:1\tears\torganism\tskos:exactMatch\tNCBITaxon:1\tsemapv:LexicalMatching", columns=columns)
    )
    assert "it maps a term, not a text" in str(found.problems[0])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "begins with lines of metadata"),
        (b"a,b\n1,2\n", "begins with lines of metadata"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"#a: \x00\n", "NUL"),
        (b"#a: [\nx\n", "not YAML"),
        (b"#- 1\nx\n", "begins with lines of metadata"),
        (lines(columns="subject_label\tobject_id"), "no column mapping_justification and no predicate_id"),
        (lines('"mouse\torganism', header=HEADER), "cannot be read"),
        (lines(header="#mapping_set_id: x\n#curie_map: none\n"), "curie_map"),
        (b"#" + b"[" * 90_000 + b"\n", "not YAML"),
        (b"#a: b\n" * 30_000, "metadata block .* more than 100000 characters"),
        (b"#mapping_set_id: &a [x, x]\n#curie_map: {a: [*a, *a]}\n", r"not YAML \(line 2\)"),
    ],
    ids=range(12),
)
def test_what_is_no_such_file_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        sssom.read(data)


def test_a_line_without_a_kind_of_field_takes_the_one_named() -> None:
    columns = "subject_label\tpredicate_id\tobject_id\tmapping_justification"
    data = lines("mouse\tskos:exactMatch\tNCBITaxon:10090\tsemapv:LexicalMatching", columns=columns)
    assert sssom.read(data, binding="organism").literals[0].binding == "organism"
    assert sssom.read(data).literals == ()
