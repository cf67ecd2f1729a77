"""Conditions in rows and the query language: what one writes, the other reads."""

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from portal.public.search.rows import Row, rows_of, rows_of_form, text_of
from portal.public.search.text import of_field, pair, quoted, unquoted
from publishing.search.clauses import And, OneOf, Or, Pair, Range, Text
from publishing.search.fields import FIELDS
from publishing.search.language.reading import read

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
TEXTS = st.lists(WORDS, min_size=1, max_size=3).map(" ".join).filter(lambda text: not set(text) & set("“”„‟«»"))


@patient
@given(TEXTS, TEXTS)
def test_a_pair_is_read_as_it_is_written(name: str, value: str) -> None:
    reading = read(pair(name, value))
    assert reading.problems == ()
    found = (
        reading.clause.parts[-1] if isinstance(reading.clause, Or) else reading.clause
    )  # a field may be called so too
    assert found == Pair(name, value)


@patient
@given(TEXTS)
def test_a_text_is_quoted_so_that_it_is_one_value(text: str) -> None:
    assert unquoted(quoted(text)) == text
    reading = read(of_field("accession", text))
    assert reading.problems == ()
    assert reading.clause == OneOf("accession", (text,))


ROWS = st.lists(
    st.builds(
        Row,
        st.sampled_from(["AND", "OR"]),
        TEXTS.filter(lambda name: Row(name=name).field is None),
        st.sampled_from(["is", "not", "begins", "any", "none"]),
        TEXTS,
    ),
    min_size=1,
    max_size=5,
)


@patient
@given(ROWS)
def test_rows_come_back_from_the_query_that_they_make(rows: list[Row]) -> None:
    rows = [Row(it.joint, it.name, it.operator, "" if it.operator in ("any", "none") else it.value) for it in rows]
    rows[0] = Row("AND", rows[0].name, rows[0].operator, rows[0].value)
    text = text_of(rows)
    assert read(text).problems == ()
    found = rows_of(text)
    assert found is not None
    assert text_of(found) == text
    assert found == rows


def test_rows_joined_by_or_stand_together() -> None:
    rows = [Row("AND", "Gene Symbol", "is", "NF1"), Row("OR", "Gene Symbol", "is", "TP53"),
            Row("AND", "Pixel size", "<", "0.2 µm")]  # fmt: skip
    text = text_of(rows)
    assert text == '("Gene Symbol"=NF1 OR "Gene Symbol"=TP53) AND pixel_size:<0.2µm'
    either = Or((Pair("Gene Symbol", "NF1"), Pair("Gene Symbol", "TP53")))
    assert read(text).clause == And((either, Range("pixel_size", high=0.2, high_is_in=False)))
    assert text_of(rows_of(text) or ()) == text
    assert text_of(rows, "mouse OR rat").startswith("(mouse OR rat) AND (")
    assert read(text_of(rows[:1], "mouse")).clause == And((Text("mouse"), Pair("Gene Symbol", "NF1")))


@pytest.mark.parametrize(
    "q",
    ["", "mouse", "Gene=NF1 mouse", "organism:Mammalia", "(A=1 AND B=2) OR C=3", "A=1 AND B=2 OR C=3", "(A=1", "A=1)",
     "((A=1))", "NOT width:>3", "A=(1 OR 2)", "-A=1", "A=1 B=2"],
)  # fmt: skip
def test_a_query_of_anything_else_has_no_rows(q: str) -> None:
    assert rows_of(q) is None


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"value-0": "NF1"}, "Say which attribute"),
        ({"name-0": "Dose", "is-0": ">", "value-0": "3"}, "can be compared"),
        ({"name-0": "Pixel size", "is-0": "<", "value-0": "wide"}, "is no number"),
        ({"name-0": "Pixel size", "is-0": "<", "value-0": "2 kg"}, "no unit for this"),
        ({"name-0": "Pixel size", "is-0": "begins", "value-0": "2"}, "does not begin"),
        ({"name-0": "Dose", "is-0": "not"}, "A value is missing"),
    ],
)
def test_a_row_that_makes_no_sense_says_why(sent: dict[str, str], said: str) -> None:
    (row,) = rows_of_form(sent)
    assert said in row.problem


def test_every_number_can_be_compared_by_its_name() -> None:
    for field in FIELDS.values():
        if field.unit:
            (row,) = rows_of_form({"name-0": str(field.label), "is-0": ">", "value-0": f"2 {field.unit}"})
            assert row.problem == ""
            assert row.text() == f"{field.name}:>2{field.unit}"


@pytest.mark.django_db
def test_the_form_leads_to_the_search_it_stands_for(client: Client) -> None:
    sent = {"name-0": "Gene Symbol", "is-0": "is", "value-0": "NF1", "joint-1": "OR", "name-1": "Gene Symbol",
            "is-1": "begins", "value-1": "TP", "organism": "NCBITaxon:9606", "find": "1"}  # fmt: skip
    answer = client.get("/search/attributes", sent)
    assert answer.status_code == 302
    page = html.fromstring(client.get(answer["Location"]).text)
    (box,) = page.xpath("//input[@id='q']")
    assert box.get("value") == '"Gene Symbol"=NF1 OR "Gene Symbol"=TP*'
    assert page.xpath("//form[@data-builder]//input[@data-suggest='value']/@value") == ["NF1", "TP"]
    assert "type=image" in answer["Location"]
    assert "organism=NCBITaxon%3A9606" in answer["Location"]


@pytest.mark.django_db
def test_a_row_is_added_and_a_wrong_one_is_shown_without_scripts(client: Client) -> None:
    page = html.fromstring(client.get("/search/attributes?name-0=Gene&value-0=NF1&more=1").text)
    assert page.xpath("//input[@data-suggest='name']/@value") == ["Gene", ""]
    wrong = client.get("/search/attributes?name-0=Dose&is-0=%3E&value-0=3&find=1")
    assert wrong.status_code == 200
    assert "can be compared" in wrong.text
    kept = client.get("/search/attributes?q=mouse+brain")
    assert html.fromstring(kept.text).xpath("//input[@name='words']/@value") == ["mouse brain"]
