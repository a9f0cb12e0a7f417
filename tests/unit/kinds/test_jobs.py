"""Jobs and cron jobs: defaults, rules, what may change, rows."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kctl.store.store import Store
from tests.unit.kinds.objects import (
    CREATED,
    EPOCH,
    KINDS,
    Object,
    container,
    defaulted,
    faults,
    plain,
    row,
    update_faults,
)
from tests.unit.kinds.test_admission import Plane

MAX = 2**31 - 1


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Plane]:
    with Store.open(tmp_path / "db") as store:
        yield Plane(store)


def _template(**spec: Any) -> Object:
    return {"spec": {"restartPolicy": "Never", "containers": [container()], **spec}}


def job(template: Object | None = None, **spec: Any) -> Object:
    return plain("Job", "work", spec={"template": template or _template(), **spec})


def cronjob(job_spec: Object | None = None, name: str = "tick", **spec: Any) -> Object:
    inner = {"template": _template(), **(job_spec or {})}
    body = {"schedule": "@daily", "jobTemplate": {"spec": inner}, **spec}
    return plain("CronJob", name, spec=body)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"completions": 1, "parallelism": 1, "backoffLimit": 6}),
        ({"parallelism": 3}, {"completions": None, "parallelism": 3}),
        ({"completions": 3}, {"completions": 3, "parallelism": 1}),
        (
            {"completionMode": "Indexed", "completions": 2, "backoffLimitPerIndex": 1},
            {"backoffLimit": MAX},
        ),
        ({}, {"completionMode": "NonIndexed", "suspend": False, "manualSelector": False}),
        ({}, {"podReplacementPolicy": "TerminatingOrFailed"}),
        ({"podFailurePolicy": {"rules": []}}, {"podReplacementPolicy": "Failed"}),
    ],
)
def test_defaults(given: Object, expected: Object) -> None:
    spec = defaulted(job(**given))["spec"]
    assert {name: spec.get(name) for name in expected} == expected


def test_defaulting_twice_changes_nothing() -> None:
    for obj in (job(), cronjob()):
        once = defaulted(obj)
        again = copy.deepcopy(once)
        KINDS[obj["kind"]].default(again)
        assert again == once


def _failure_policy(**rule: Any) -> Object:
    return {"podFailurePolicy": {"rules": [{"action": "FailJob", **rule}]}}


_CODES = {"operator": "In", "values": [1]}
_RULE = "spec.podFailurePolicy.rules[0]"
_RESTART = "spec.template.spec.restartPolicy"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, []),
        (_failure_policy(onExitCodes=_CODES), []),
        (
            {"parallelism": -1},
            ["spec.parallelism: Invalid value: -1: must be greater than or equal to 0"],
        ),
        (
            {"completionMode": "Indexed", "parallelism": 1},
            ["spec.completions: Required value: when completion mode is Indexed"],
        ),
        (
            {"completionMode": "Odd"},
            [
                'spec.completionMode: Unsupported value: "Odd": supported values: "NonIndexed", '
                '"Indexed"'
            ],
        ),
        (
            {"backoffLimitPerIndex": 1},
            ["spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"],
        ),
        (
            {"template": _template(restartPolicy="Always")},
            [f'{_RESTART}: Required value: valid values: "OnFailure", "Never"'],
        ),
        (
            {
                "template": _template(restartPolicy="OnFailure"),
                **_failure_policy(onExitCodes=_CODES),
            },
            [
                f'{_RESTART}: Invalid value: "OnFailure": only "Never" is supported when '
                "podFailurePolicy is specified"
            ],
        ),
        (
            {"selector": {"matchLabels": {"a": "b"}}, "template": _template()},
            ["`selector` not auto-generated", "`selector` does not match template `labels`"],
        ),
        (
            {"managedBy": "me"},
            [
                'spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as '
                '"acme.io/foo")'
            ],
        ),
        (
            _failure_policy(),
            [
                f"{_RULE}: Invalid value: specifying one of OnExitCodes and OnPodConditions is "
                "required"
            ],
        ),
        (
            _failure_policy(onExitCodes={"operator": "In", "values": [2, 0, 2]}),
            [
                f"{_RULE}.onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In "
                "operator",
                f"{_RULE}.onExitCodes.values[2]: Duplicate value: 2",
                f"{_RULE}.onExitCodes.values: Invalid value: [2,0,2]: must be ordered",
            ],
        ),
        (
            _failure_policy(onExitCodes={**_CODES, "containerName": "nope"}),
            [
                f'{_RULE}.onExitCodes.containerName: Invalid value: "nope": must be one of the '
                "container or initContainer names in the pod template"
            ],
        ),
        (
            {**_failure_policy(onExitCodes=_CODES), "podReplacementPolicy": "TerminatingOrFailed"},
            [
                'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported '
                'values: "Failed"'
            ],
        ),
    ],
)
def test_what_a_job_may_say(spec: Object, expected: list[str]) -> None:
    found = faults(job(**spec))
    assert len(found) == len(expected)
    for text, wanted in zip(found, expected, strict=True):
        assert wanted in text


def test_the_host_of_the_last_index_must_be_a_name() -> None:
    made = job(completionMode="Indexed", completions=1000)
    made["metadata"]["name"] = "w" * 60
    assert faults(made) == [
        f'metadata.name: Invalid value: "{"w" * 60}": will not able to create pod with invalid '
        f"DNS label: {'w' * 60}-999"
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"parallelism": 1, "completions": 2}, {"parallelism": 5}, []),
        ({"completions": 2}, {"completions": 3}, ["spec.completions: Invalid value: 3: field is"]),
        (
            {"completionMode": "Indexed", "completions": 2},
            {"completions": 3},
            ["spec.completions: Invalid value: 3: can only be modified in tandem with spec.para"],
        ),
        (
            {"completionMode": "Indexed", "completions": 2},
            {"completions": 3, "parallelism": 3},
            [],
        ),
        ({}, {"suspend": True, "activeDeadlineSeconds": 5, "backoffLimit": 1}, []),
        ({"completions": 1}, {"completionMode": "Indexed"}, ["spec.completionMode: Invalid value"]),
    ],
)
def test_what_may_change(before: Object, after: Object, expected: list[str]) -> None:
    old = defaulted(job(**before))
    new = copy.deepcopy(old)
    new["spec"].update(after)
    found = update_faults(old, new)
    assert [text[: len(wanted)] for text, wanted in zip(found, expected, strict=True)] == expected


def test_a_template_stays_but_for_where_pods_of_a_job_go_that_has_not_begun() -> None:
    for suspend, allowed in ((False, False), (True, True)):
        old = defaulted(job(suspend=suspend))
        new = copy.deepcopy(old)
        new["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "ssd"}
        assert (update_faults(old, new) == []) is allowed
        new["spec"]["template"]["spec"]["containers"][0]["image"] = "other:1"
        (text,) = update_faults(old, new)
        assert text.startswith("spec.template: ") and text.endswith("field is immutable")


def _condition(type_: str) -> Object:
    return {"type": type_, "status": "True"}


@pytest.mark.parametrize(
    ("spec", "status", "cells"),
    [
        ({}, {}, ["Running", "0/1", ""]),
        (
            {"completions": 3},
            {"succeeded": 1, "startTime": CREATED},
            ["Running", "1/3", [EPOCH]],
        ),
        ({"parallelism": 4}, {"succeeded": 1}, ["Running", "1/1 of 4", ""]),
        (
            {},
            {
                "startTime": CREATED,
                "completionTime": "2026-11-23T05:49:00Z",
                "succeeded": 1,
                "conditions": [_condition("SuccessCriteriaMet"), _condition("Complete")],
            },
            ["Complete", "1/1", "2m5s"],
        ),
        ({}, {"conditions": [_condition("FailureTarget")]}, ["FailureTarget", "0/1", ""]),
        ({}, {"conditions": [_condition("Suspended")]}, ["Suspended", "0/1", ""]),
        (
            {},
            {"conditions": [{"type": "Suspended", "status": "False"}]},
            ["Running", "0/1", ""],
        ),
    ],
)
def test_the_row_of_a_job(spec: Object, status: Object, cells: list[Any]) -> None:
    made = defaulted(job(**spec))
    made["status"] = status
    assert row(made)[1:4] == cells


# --- cron jobs ---

_NEGATIVE = "Invalid value: -1: must be greater than or equal to 0"


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (cronjob(), []),
        (cronjob(timeZone="Asia/Tokyo"), []),
        (cronjob(schedule=""), ["spec.schedule: Required value"]),
        (
            cronjob(schedule="* * *"),
            ['spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]'],
        ),
        (
            cronjob(schedule="TZ=UTC @daily"),
            [
                'spec.schedule: Invalid value: "TZ=UTC @daily": cannot use TZ or CRON_TZ in '
                "schedule, use timeZone field instead"
            ],
        ),
        (
            cronjob(timeZone="Mars/One"),
            ['spec.timeZone: Invalid value: "Mars/One": unknown time zone Mars/One'],
        ),
        (
            cronjob(timeZone="../../etc/passwd"),
            [
                'spec.timeZone: Invalid value: "../../etc/passwd": unknown time zone '
                "../../etc/passwd"
            ],
        ),
        (
            cronjob(timeZone="local"),
            [
                'spec.timeZone: Invalid value: "local": timeZone must be an explicit time zone as '
                "defined in https://www.iana.org/time-zones"
            ],
        ),
        (
            cronjob(concurrencyPolicy="Maybe"),
            [
                'spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", '
                '"Forbid", "Replace"'
            ],
        ),
        (
            cronjob(startingDeadlineSeconds=-1, failedJobsHistoryLimit=-1),
            [
                f"spec.startingDeadlineSeconds: {_NEGATIVE}",
                f"spec.failedJobsHistoryLimit: {_NEGATIVE}",
            ],
        ),
        (
            cronjob({"selector": {"matchLabels": {"a": "b"}}}),
            [
                'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: '
                "`selector` will be auto-generated"
            ],
        ),
        (
            cronjob({"template": _template(restartPolicy="Always")}),
            [
                "spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "
                '"OnFailure", "Never"'
            ],
        ),
    ],
)
def test_what_a_cron_job_may_say(obj: Object, expected: list[str]) -> None:
    assert faults(obj) == expected


def test_a_new_cron_job_leaves_room_for_the_names_of_its_jobs() -> None:
    kind = KINDS["CronJob"]
    assert not kind.validate_create(cronjob(name="c" * 52))
    (error,) = kind.validate_create(cronjob(name="c" * 53))
    assert str(error).endswith("must be no more than 52 characters")


def test_the_row_of_a_cron_job() -> None:
    made = defaulted(cronjob(suspend=True, timeZone="UTC"))
    made["status"] = {"active": [{}, {}], "lastScheduleTime": CREATED}
    assert row(made)[1:7] == ["@daily", "UTC", "True", 2, [EPOCH], [EPOCH]]
    assert row(defaulted(cronjob()))[2:6] == ["<none>", "False", 0, "<none>"]


# --- what kctl does not honour ---


@pytest.mark.parametrize(
    ("version", "kind", "spec", "told"),
    [
        (
            "batch/v1",
            "Job",
            {"completionMode": "Indexed", "completions": 1, "backoffLimitPerIndex": 1},
            "spec.backoffLimitPerIndex: ",
        ),
        (
            "apps/v1",
            "DaemonSet",
            {
                "selector": {"matchLabels": {"a": "b"}},
                "updateStrategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            },
            "spec.updateStrategy.rollingUpdate.maxSurge: ",
        ),
    ],
)
def test_what_is_not_honoured_is_told(
    plane: Plane, version: str, kind: str, spec: Object, told: str
) -> None:
    template = _template(restartPolicy="Never" if kind == "Job" else "Always")
    template["metadata"] = {"labels": {"a": "b"}}
    plane.make(version, kind, "x", spec={**spec, "template": template})
    assert [each[: len(told)] for each in plane.warnings] == [told]
