from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.api import names, times


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_reads_as_it_was_written(moment):
    assert times.parse(times.now_text(moment)) == moment.replace(microsecond=0)
    assert times.parse(times.micro_text(moment)) == moment


def test_other_zones_are_written_in_utc():
    berlin = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    assert times.now_text(berlin) == "2026-01-01T00:00:00Z"
    assert times.micro_text(berlin) == "2026-01-01T00:00:00.000000Z"


@pytest.mark.parametrize(
    ("rule", "value", "wrong"),
    [
        (names.dns_label, "a-1", 0),
        (names.dns_label, "a.b", 1),
        (names.dns_label, "a" * 64, 1),
        (names.dns_label, "A" * 64, 2),
        (names.dns_subdomain, "a.b-c", 0),
        (names.dns_subdomain, "a..b", 1),
        (names.dns_label1035, "1a", 1),
        (names.qualified_name, "example.com/My.Name_1", 0),
        (names.qualified_name, "/x", 1),
        (names.qualified_name, "a/b/c", 1),
        (names.qualified_name, "", 2),
        (names.label_value, "", 0),
        (names.label_value, "-a", 1),
        (names.path_segment, "system:a", 0),
        (names.path_segment, "a/b%", 2),
    ],
)
def test_how_many_things_are_wrong_with_a_name(rule, value, wrong):
    assert len(rule(value)) == wrong


def test_dots_in_a_label_are_named():
    assert names.dns_label("a.b") == ["must not contain dots"]
    assert names.dns_label("a" * 64) == ["must be no more than 63 bytes"]


def test_a_generate_name_may_end_with_a_dash():
    assert names.prefix_rule(names.dns_label)("web-") == []
    assert names.prefix_rule(names.dns_label)("Web-") != []
