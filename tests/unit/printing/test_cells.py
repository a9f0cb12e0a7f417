"""Cells, ages and tables as kubectl prints them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.printing.cells import cell_text, clean, human_duration
from kctl.printing.table import table, tabulate_blocks

MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 365 * 86400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (121, "2m1s"),
        (10 * MINUTE, "10m"),
        (179 * MINUTE + 59, "179m"),
        (3 * HOUR, "3h"),
        (3 * HOUR + 5 * MINUTE, "3h5m"),
        (8 * HOUR, "8h"),
        (47 * HOUR, "47h"),
        (48 * HOUR, "2d"),
        (50 * HOUR, "2d2h"),
        (8 * DAY, "8d"),
        (2 * YEAR, "2y"),
        (2 * YEAR + 9 * DAY, "2y9d"),
        (8 * YEAR, "8y"),
    ],
)
def test_ages(seconds: float, text: str) -> None:
    assert human_duration(seconds) == text


def test_a_time_inside_a_cell_is_told_as_an_age() -> None:
    assert cell_text(["3 (", 940.0, " ago)"], 1000.0) == "3 (60s ago)"
    assert cell_text([940.0], 1000.0) == "60s"
    assert cell_text(7, 1000.0) == "7"


def test_control_characters_cannot_steer_the_terminal() -> None:
    assert clean("a\x1b[31mb") == "a^[[31mb"
    assert clean("one\ntwo") == "one..."


@given(st.text())
def test_no_text_keeps_an_escape(text: str) -> None:
    assert "\x1b" not in clean(text)
    assert "\n" not in clean(text)


def test_columns_have_at_least_six_and_three_between() -> None:
    assert table([["A", "B"], ["web", "x"]]) == "A     B\nweb   x\n"
    assert table([["NAME", "B"], ["a-long-name", "x"]]) == "NAME          B\na-long-name   x\n"


def test_a_watch_never_makes_a_column_narrower() -> None:
    widths: list[int] = []
    table([["a-long-name", "x"]], widths=widths)
    assert table([["a", "x"]], widths=widths) == "a             x\n"


def test_blocks_end_where_a_line_has_no_such_cell() -> None:
    text = "Name:\tweb\nLonger name:\tx\nplain\nA:\tb\n"
    assert tabulate_blocks(text) == "Name:         web\nLonger name:  x\nplain\nA:  b\n"
