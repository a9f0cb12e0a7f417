"""Schedules in the Cron format."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kctl.api import cron

START = datetime(2024, 2, 28, 23, 59, 30, tzinfo=UTC)


def _due(text: str, count: int, start: datetime = START, zone: str = "UTC") -> list[str]:
    schedule, at, found = cron.parse(text, ZoneInfo(zone)), start, []
    for _ in range(count):
        following = schedule.next(at)
        assert following is not None
        at = following
        found.append(f"{at.astimezone(ZoneInfo(zone)):%y-%m-%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* * * * *", ["24-02-29 00:00", "24-02-29 00:01"]),
        ("*/20 3 * * *", ["24-02-29 03:00", "24-02-29 03:20"]),
        ("5/20 3 * * *", ["24-02-29 03:05", "24-02-29 03:25"]),
        ("0 0 29 feb *", ["24-02-29 00:00", "28-02-29 00:00"]),
        ("30 8-10/2 * * mon,WED", ["24-03-04 08:30", "24-03-04 10:30"]),
        ("0 12 1 * 1", ["24-03-01 12:00", "24-03-04 12:00"]),
        ("0 12 ? * 1", ["24-03-04 12:00", "24-03-11 12:00"]),
        ("0 12 */10 * 0", ["24-03-01 12:00", "24-03-03 12:00"]),
        ("@weekly", ["24-03-03 00:00", "24-03-10 00:00"]),
        ("@yearly", ["25-01-01 00:00", "26-01-01 00:00"]),
        ("@every 90m", ["24-02-29 01:29", "24-02-29 02:59"]),
    ],
)
def test_when_it_is_due(text: str, expected: list[str]) -> None:
    assert _due(text, len(expected)) == expected


def test_what_never_comes_has_no_next() -> None:
    assert cron.parse("0 0 30 2 *").next(START) is None


def test_a_zone_decides_what_a_day_is() -> None:
    assert _due("0 9 * * *", 2, zone="America/New_York") == ["24-02-29 09:00", "24-03-01 09:00"]
    utc = cron.parse("0 9 * * *", ZoneInfo("Asia/Kolkata")).next(START)
    assert utc == datetime(2024, 2, 29, 3, 30, tzinfo=UTC)


def test_the_gap_and_the_double_hour_of_a_change_of_clocks() -> None:
    spring = datetime(2024, 3, 9, 12, tzinfo=UTC)
    assert _due("30 2 * * *", 1, spring, "America/New_York") == ["24-03-11 02:30"]
    autumn = datetime(2024, 11, 3, 4, tzinfo=UTC)
    found = _due("30 1 * * *", 3, autumn, "America/New_York")
    assert found == ["24-11-03 01:30", "24-11-03 01:30", "24-11-04 01:30"]


def test_midnight_that_does_not_exist_is_passed_over() -> None:
    before = datetime(2018, 11, 3, 12, tzinfo=UTC)  # clocks went from 00:00 to 01:00
    found = _due("0 0,1 * * *", 2, before, "America/Sao_Paulo")
    assert found == ["18-11-04 01:00", "18-11-05 00:00"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty spec string"),
        ("x", "expected exactly 5 fields, found 1: [x]"),
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("* * * * 7", "end of range (7) above maximum (6): 7"),
        ("5-2 * * * *", "beginning of range (5) beyond end of range (2): 5-2"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("1/2/3 * * * *", "too many slashes: 1/2/3"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        (
            "a * * * *",
            'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax',
        ),
        ("@often", "unrecognized descriptor: @often"),
        (
            "@every soon",
            'failed to parse duration @every soon: time: invalid duration "soon"',
        ),
        ("TZ=Mars/One * * * * *", "provided bad location Mars/One: unknown time zone Mars/One"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError) as error:
        cron.parse(text)
    assert str(error.value) == message


def _words(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    pair = st.tuples(number, number).map(sorted)
    span = pair.map(lambda ends: f"{ends[0]}-{ends[1]}")
    step = st.tuples(st.just("*") | span, st.integers(1, 9)).map(
        lambda each: f"{each[0]}/{each[1]}"
    )
    return st.just("*") | st.lists(number.map(str) | span | step, min_size=1, max_size=3).map(
        ",".join
    )


EXPRESSIONS = st.tuples(
    _words(0, 59), _words(0, 23), _words(1, 31), st.just("*"), st.just("*") | _words(0, 6)
).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(EXPRESSIONS, st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe"]))
def test_next_is_the_first_minute_that_matches(text: str, name: str) -> None:
    zone = ZoneInfo(name)
    schedule = cron.parse(text, zone)
    assert isinstance(schedule, cron.Cron)
    at = datetime(2024, 3, 29, 22, 17, tzinfo=UTC)
    expected = None
    for minute in range(1, 4 * 1440):
        moment = at + timedelta(minutes=minute)
        if _matches(schedule, moment.astimezone(zone)):
            expected = moment
            break
    found = schedule.next(at)
    if expected is not None:
        assert found == expected
    else:
        assert found is None or found >= at + timedelta(days=4)


def _matches(schedule: cron.Cron, local: datetime) -> bool:
    days = local.day in schedule.day.allowed, (local.weekday() + 1) % 7 in schedule.weekday.allowed
    starred = schedule.day.star or schedule.weekday.star
    return (
        local.minute in schedule.minute.allowed
        and local.hour in schedule.hour.allowed
        and local.month in schedule.month.allowed
        and (all(days) if starred else any(days))
    )


@settings(max_examples=60, deadline=None)
@given(EXPRESSIONS, st.integers(1, 5000))
def test_latest_is_the_last_of_those_that_follow_each_other(text: str, minutes: int) -> None:
    schedule = cron.parse(text)
    until = START + timedelta(minutes=minutes)
    at, last = schedule.next(START), None
    while at is not None and at <= until:
        last, at = at, schedule.next(at)
    assert schedule.latest(START, until) == last


def test_the_latest_of_a_constant_delay_is_counted_from_the_last() -> None:
    schedule = cron.parse("@every 7m")
    until = START + timedelta(hours=1)
    assert schedule.latest(START, until) == START + timedelta(minutes=56)
    assert schedule.latest(START, START + timedelta(minutes=6)) is None
