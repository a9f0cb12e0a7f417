from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.api import quantity


@pytest.mark.parametrize(
    ("text", "canonical", "number"),
    [
        ("0", "0", "0"),
        ("0.5", "500m", "0.5"),
        ("100m", "100m", "0.1"),
        ("1000m", "1", "1"),
        ("1500m", "1500m", "1.5"),
        ("1024Ki", "1Mi", "1048576"),
        ("0.5Gi", "512Mi", "536870912"),
        ("1.5Gi", "1536Mi", "1610612736"),
        ("100Mi", "100Mi", "104857600"),
        ("1Ki", "1Ki", "1024"),
        ("1000k", "1M", "1000000"),
        ("2e3", "2e3", "2000"),
        ("12E", "9223372036854775807", "9223372036854775807"),
        ("1E", "1E", "1000000000000000000"),
        (".5", "500m", "0.5"),
        ("5.", "5", "5"),
        ("+1", "1", "1"),
        ("-1m", "-1m", "-0.001"),
        ("1n", "1n", "0.000000001"),
        ("0.1n", "1n", "0.000000001"),
    ],
)
def test_parse_and_canonical_form(text, canonical, number):
    assert quantity.parse(text) == Decimal(number)
    assert quantity.canonical(text) == canonical


@pytest.mark.parametrize("text", ["", "abc", "1x", "1 Gi", "--1", "1.2.3", "Gi", "1GiB", "."])
def test_what_is_no_quantity(text):
    with pytest.raises(ValueError, match=r"quantit|unable to parse"):
        quantity.parse(text)


suffixes = st.sampled_from(["", "n", "u", "m", "k", "M", "G", "Ki", "Mi", "Gi"])


@given(st.integers(0, 10**6), suffixes)
def test_the_canonical_form_keeps_the_number_and_is_stable(number, suffix):
    text = quantity.canonical(f"{number}{suffix}")
    assert quantity.parse(text) == quantity.parse(f"{number}{suffix}")
    assert quantity.canonical(text) == text


def test_sums_keep_the_first_format():
    assert quantity.add(["100m", "0.4"]) == "500m"
    assert quantity.add(["1Gi", "1Gi"]) == "2Gi"
    assert quantity.compare("1", "1000m") == 0
    assert quantity.compare("1Gi", "1G") == 1
