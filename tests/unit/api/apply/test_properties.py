"""What holds for every apply, whatever is applied."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings

from kctl.api.apply.applying import Request, apply
from kctl.api.apply.check import check
from kctl.api.apply.compare import compare
from kctl.api.apply.conflicts import Owned
from kctl.api.apply.fields import Fields, difference, intersection, paths
from kctl.api.apply.fieldset import field_set
from kctl.api.apply.managers import APPLY, Managed, Manager, decode, encode
from kctl.api.apply.merge import merge
from kctl.api.apply.tables import struct
from kctl.api.apply.tracking import SYSTEM
from tests.unit.api.apply.shapes import CONFIGS

Object = dict[str, Any]

SHAPE = struct("apps.v1.Deployment")
ME, YOU = Manager("me", APPLY), Manager("you", APPLY)


def applied(
    live: Object, managed: Managed, config: Object, by: Manager = ME, force: bool = True
) -> tuple[Object, Managed]:
    return apply(SHAPE, live, managed, Request(config, by, "apps/v1", force, frozenset(), "T"))


def owned(config: Object) -> Fields:
    return difference(field_set(SHAPE, config), SYSTEM)


def tidy(value: Any) -> Any:
    """Without nulls and empty values, which mean nothing in a stored object."""
    if isinstance(value, dict):
        inside = {key: tidy(each) for key, each in value.items()}
        return {key: each for key, each in inside.items() if each not in (None, {}, [])}
    return [tidy(each) for each in value] if isinstance(value, list) else value


def empty_list(value: Any) -> bool:
    """Whether there is one anywhere."""
    if isinstance(value, dict):
        return any(map(empty_list, value.values()))
    return isinstance(value, list) and (not value or any(map(empty_list, value)))


@given(CONFIGS)
def test_configurations_of_these_tests_are_valid(config: Object) -> None:
    assert check(SHAPE, config) == ""


@given(CONFIGS, CONFIGS)
def test_an_apply_again_changes_nothing(first: Object, second: Object) -> None:
    live, managed = applied(*applied({}, {}, first, YOU), second)
    again, entries = applied(live, managed, second, force=False)
    assert (again, entries) == (live, managed)


@given(CONFIGS, CONFIGS)
def test_a_manager_owns_the_fields_of_its_last_configuration(first: Object, second: Object) -> None:
    _, managed = applied(*applied({}, {}, first), second)
    mine = owned(second)
    assert (managed[ME].fields if mine else {}) == mine


@given(CONFIGS, CONFIGS)
def test_what_is_applied_no_more_is_gone(first: Object, second: Object) -> None:
    live, _ = applied(*applied({}, {}, first), second)
    assert tidy(live) == tidy(second)


@given(CONFIGS, CONFIGS)
def test_what_another_manager_wants_stays(mine: Object, yours: Object) -> None:
    assume(not empty_list(mine))  # it belongs to nobody, and goes with the struct around it
    live, managed = applied(*applied({}, {}, yours, YOU), mine)
    empty = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
    left, entries = applied(live, managed, empty)
    still = entries[YOU].fields if YOU in entries else {}
    assert ME not in entries
    assert not difference(still, field_set(SHAPE, left))


@given(CONFIGS, CONFIGS)
def test_managers_of_different_fields_never_conflict(mine: Object, yours: Object) -> None:
    assume(not intersection(owned(mine), owned(yours)))
    live, managed = applied({}, {}, yours, YOU)
    _, entries = applied(live, managed, mine, force=False)
    assert (entries[YOU].fields if YOU in entries else {}) == owned(yours)


@given(CONFIGS, CONFIGS)
@settings(max_examples=200)
def test_a_conflict_names_what_differs_and_nothing_else(mine: Object, yours: Object) -> None:
    live, managed = applied({}, {}, yours, YOU)
    try:
        merged, entries = applied(live, managed, mine, force=False)
    except Owned as conflict:
        (fields,) = conflict.conflicts.values()
        assert set(paths(fields)) <= set(paths(managed[YOU].fields))
        forced, entries = applied(live, managed, mine, force=True)
        kept = entries[YOU].fields if YOU in entries else {}
        assert kept == difference(managed[YOU].fields, fields)
        assert forced != live
    else:
        assert compare(SHAPE, merged, merge(SHAPE, merged, yours)) == ({}, {})
        assert (entries[YOU].fields if YOU in entries else {}) == owned(yours)


@given(CONFIGS, CONFIGS)
def test_entries_read_back_as_they_were_written(mine: Object, yours: Object) -> None:
    _, managed = applied(*applied({}, {}, yours, YOU), mine)
    assert decode(encode(managed), trusted=True) == managed
    assert decode(encode(managed), trusted=False) == managed
