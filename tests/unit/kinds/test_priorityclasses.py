"""PriorityClasses: their rules, and what pods get of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kctl.api.errors import ApiError
from kctl.store.store import Store
from tests.unit.kinds.objects import EPOCH, Object, defaulted, faults, plain, row, update_faults
from tests.unit.kinds.test_admission import Plane

GROUP = "scheduling.k8s.io/v1"


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Plane]:
    with Store.open(tmp_path / "db") as store:
        yield Plane(store)


def _class(name: str = "high", **body: object) -> Object:
    return plain("PriorityClass", name, **body)


def test_a_class_preempts_unless_it_says_otherwise() -> None:
    made = defaulted(_class())
    assert (made["value"], made["preemptionPolicy"]) == (0, "PreemptLowerPriority")
    shown = row(defaulted(_class(value=7, globalDefault=True, preemptionPolicy="Never")))
    assert shown == ["high", 7, "true", [EPOCH], "Never"]


_RESERVED = (
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for "
    "system use only. error: "
)


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (_class(value=1_000_000_000), []),
        (_class(value=-5), []),
        (
            _class(value=1_000_000_001),
            ["value: Forbidden: maximum allowed value of a user defined priority is 1000000000"],
        ),
        (
            _class("system-mine", value=1),
            [_RESERVED + "system-mine is not a known system priority class"],
        ),
        (
            _class("system-node-critical", value=1),
            [_RESERVED + "value of system-node-critical PriorityClass must be 2000001000"],
        ),
        (
            _class("system-cluster-critical", value=2_000_000_000, globalDefault=True),
            [_RESERVED + "globalDefault of system-cluster-critical PriorityClass must be false"],
        ),
        (
            _class(preemptionPolicy="Maybe"),
            [
                'preemptionPolicy: Unsupported value: "Maybe": supported values: '
                '"PreemptLowerPriority", "Never"'
            ],
        ),
    ],
)
def test_what_a_class_may_say(obj: Object, expected: list[str]) -> None:
    assert faults(obj) == expected


def test_value_and_policy_stay() -> None:
    old = defaulted(_class(value=5))
    assert update_faults(old, _class(value=5, description="new")) == []
    assert update_faults(old, _class(value=6, preemptionPolicy="Never")) == [
        "value: Forbidden: may not be changed in an update.",
        'preemptionPolicy: Invalid value: "Never": field is immutable',
    ]


def test_pods_get_the_priority_of_their_class(plane: Plane) -> None:
    plane.make(GROUP, "PriorityClass", "low", value=-3, preemptionPolicy="Never")
    spec = plane.pod(priorityClassName="low")["spec"]
    assert (spec["priority"], spec["preemptionPolicy"]) == (-3, "Never")
    with pytest.raises(ApiError) as error:
        plane.pod("other", priorityClassName="low", priority=9)
    assert error.value.message.startswith(
        'pods "other" is forbidden: the integer value of priority (9) must not be provided'
    )


def test_pods_without_a_class_get_the_default_one_and_its_name(plane: Plane) -> None:
    assert "priorityClassName" not in plane.pod("before")["spec"]
    plane.make(GROUP, "PriorityClass", "usual", value=40, globalDefault=True)
    spec = plane.pod("after")["spec"]
    assert (spec["priority"], spec["priorityClassName"]) == (40, "usual")


def test_there_is_one_default_at_most(plane: Plane) -> None:
    first = plane.make(GROUP, "PriorityClass", "one", value=1, globalDefault=True)
    plane.api.update({**first, "description": "still the default"})
    other = plane.make(GROUP, "PriorityClass", "two", value=2)
    expected = (
        'priorityclasses.scheduling.k8s.io "{}" is forbidden: PriorityClass one is already '
        "marked as default. Only one default can exist"
    )
    with pytest.raises(ApiError) as error:
        plane.api.update({**other, "globalDefault": True})
    assert (error.value.code, error.value.message) == (403, expected.format("two"))
    with pytest.raises(ApiError) as error:
        plane.make(GROUP, "PriorityClass", "three", globalDefault=True)
    assert error.value.message == expected.format("three")


def test_the_classes_of_the_system_stay(plane: Plane) -> None:
    plane.make(GROUP, "PriorityClass", "system-node-critical", value=2_000_001_000)
    with pytest.raises(ApiError) as error:
        plane.api.delete("priorityclasses.scheduling.k8s.io", "system-node-critical")
    assert error.value.message == (
        'priorityclasses.scheduling.k8s.io "system-node-critical" is forbidden: this is a '
        "system priority class and cannot be deleted"
    )
