"""Choices that only one row can answer need no person."""

from catalogue.exchange.only_ones import only_choices


def test_a_reference_with_one_row_to_name_is_made() -> None:
    document = {"specimens": [{"id": "s"}], "biosamples": [{"id": "b"}], "channels": [{"id": "1"}, {"id": "2"}]}
    assert list(only_choices(document)) == [
        ("specimen", "s", "biosample", "b"),
        ("channel", "1", "specimen", "s"),
        ("channel", "2", "specimen", "s"),
    ]


def test_what_is_chosen_already_or_has_several_answers_is_left_to_people() -> None:
    document = {
        "specimens": [{"id": "s"}, {"id": "t"}],
        "biosamples": [{"id": "b"}],
        "channels": [{"id": "1"}],
        "contributors": [{"id": "p", "affiliations": [{"organisation": "o"}]}],
        "organisations": [{"id": "o"}],
    }
    assert list(only_choices(document)) == [("specimen", "s", "biosample", "b"), ("specimen", "t", "biosample", "b")]


def test_the_only_component_is_made_with_every_set_up_and_one_of_several_is_not() -> None:
    document = {
        "biosamples": [{"id": "b"}],
        "specimens": [{"id": "s", "biosample": "b"}],
        "acquisitions": [{"id": "1"}, {"id": "2"}],
        "components": [{"id": "c"}],
    }
    lines = [{"biosample": "b", "specimen": "s", "acquisition": number} for number in "12"]
    assert list(only_choices(document)) == [("component", "c", "associations", lines)]
    document["components"].append({"id": "d"})
    assert list(only_choices(document)) == []
