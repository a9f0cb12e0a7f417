"""metadata.managedFields of creates, updates and patches."""

from __future__ import annotations

from typing import Any

import pytest

from kctl.api.api import Api
from kctl.api.apply.tracking import after_admission
from kctl.api.errors import ApiError
from tests.unit.api.conftest import Desk

Object = dict[str, Any]

DEPLOYMENTS = "deployments.apps"
FIRST, LATER = "2026-11-23T06:00:00Z", "2026-11-23T06:00:10Z"
CREATED = {
    "f:metadata": {"f:labels": {".": {}, "f:a": {}}},
    "f:spec": {
        "f:progressDeadlineSeconds": {},
        "f:replicas": {},
        "f:revisionHistoryLimit": {},
        "f:selector": {},
        "f:strategy": {
            "f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}},
            "f:type": {},
        },
        "f:template": {
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
            "f:spec": {
                "f:containers": {
                    'k:{"name":"c"}': {
                        ".": {},
                        "f:image": {},
                        "f:imagePullPolicy": {},
                        "f:name": {},
                        "f:ports": {
                            ".": {},
                            'k:{"containerPort":80,"protocol":"TCP"}': {
                                ".": {},
                                "f:containerPort": {},
                                "f:protocol": {},
                            },
                        },
                        "f:resources": {},
                        "f:terminationMessagePath": {},
                        "f:terminationMessagePolicy": {},
                    }
                },
                "f:dnsPolicy": {},
                "f:restartPolicy": {},
                "f:schedulerName": {},
                "f:securityContext": {},
                "f:terminationGracePeriodSeconds": {},
            },
        },
    },
}
"""What a cluster writes for `kubectl create` of the deployment below."""


VALID = {"manager": "x", "operation": "Apply", "apiVersion": "apps/v1", "fieldsType": "FieldsV1"}


def web(**metadata: Any) -> Object:
    container = {"name": "c", "image": "nginx", "ports": [{"containerPort": 80}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default", "labels": {"a": "b"}, **metadata},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [container]},
            },
        },
        "status": {"replicas": 7},
    }


def entries(obj: Object) -> dict[str, Object]:
    return {each["manager"]: each for each in obj["metadata"].get("managedFields", [])}


def merge(desk: Desk, patch: Object, manager: str, subresource: str = "") -> Object:
    desk.later(10)
    return desk.api.patch(
        DEPLOYMENTS, "web", "default", patch, "merge", manager=manager, subresource=subresource
    )


def test_a_create_owns_what_it_wrote_and_what_was_defaulted(api: Api) -> None:
    (entry,) = api.create(web(), manager="kubectl-create")["metadata"]["managedFields"]
    assert entry == {
        "manager": "kubectl-create",
        "operation": "Update",
        "apiVersion": "apps/v1",
        "time": FIRST,
        "fieldsType": "FieldsV1",
        "fieldsV1": CREATED,
    }


def test_without_a_manager_nothing_is_tracked_and_later_writes_do_not_start_it(desk: Desk) -> None:
    assert "managedFields" not in desk.api.create(web())["metadata"]
    assert "managedFields" not in merge(desk, {"spec": {"replicas": 3}}, "me")["metadata"]


def test_an_update_takes_what_it_changes_and_drops_what_it_removes(desk: Desk) -> None:
    desk.api.create(web(), manager="one")
    patch = {"spec": {"replicas": 3}, "metadata": {"labels": {"a": None, "c": "d"}}}
    found = entries(merge(desk, patch, "two"))
    assert found["two"]["fieldsV1"] == {
        "f:spec": {"f:replicas": {}},
        "f:metadata": {"f:labels": {"f:c": {}}},
    }
    assert found["two"]["time"] == LATER and found["one"]["time"] == FIRST
    assert "f:replicas" not in found["one"]["fieldsV1"]["f:spec"]
    assert found["one"]["fieldsV1"]["f:metadata"] == {"f:labels": {}}


def test_a_manager_has_one_entry_for_each_subresource(desk: Desk) -> None:
    desk.api.create(web(), manager="one")
    desk.api.patch(
        DEPLOYMENTS, "web", "default", {"spec": {"replicas": 4}}, "merge",
        subresource="scale", manager="one",
    )  # fmt: skip
    merge(desk, {"status": {"replicas": 4}}, "one", "status")
    listed = desk.api.get(DEPLOYMENTS, "web", "default")["metadata"]["managedFields"]
    by_subresource = {each.get("subresource", ""): each["fieldsV1"] for each in listed}
    assert by_subresource["scale"] == {"f:spec": {"f:replicas": {}}}
    assert by_subresource["status"] == {"f:status": {"f:replicas": {}}}
    assert "f:replicas" not in by_subresource[""]["f:spec"]


def test_what_changes_nothing_writes_nothing(desk: Desk) -> None:
    before = desk.api.create(web(), manager="one")
    assert merge(desk, {"spec": {"replicas": 2}}, "two") == before


def test_a_write_of_nobody_drops_what_it_removed_and_leaves_the_rest(desk: Desk) -> None:
    desk.api.create(web(), manager="one")
    patch = {"spec": {"replicas": 9}, "metadata": {"labels": {"a": None}}}
    (entry,) = merge(desk, patch, "")["metadata"]["managedFields"]
    assert entry["fieldsV1"]["f:spec"] == CREATED["f:spec"]
    assert "f:metadata" not in entry["fieldsV1"] and entry["time"] == FIRST


def test_the_eleventh_updater_makes_two_into_ancient_changes(desk: Desk) -> None:
    desk.api.create(web(), manager="m00")
    for number in range(1, 11):
        made = merge(desk, {"metadata": {"labels": {f"l{number}": "x"}}}, f"m{number:02}")
    found = entries(made)
    assert sorted(found) == ["ancient-changes", *(f"m{number:02}" for number in range(2, 11))]
    ancient = found["ancient-changes"]
    assert ancient["time"] == LATER and "f:l1" in ancient["fieldsV1"]["f:metadata"]["f:labels"]
    assert ancient["fieldsV1"]["f:spec"] == CREATED["f:spec"]


def test_a_client_resets_the_entries_with_one_empty_one(desk: Desk) -> None:
    made = desk.api.create(web(), manager="one")
    made["metadata"]["managedFields"] = [{}]
    assert "managedFields" not in desk.api.update(made, manager="two")["metadata"]


@pytest.mark.parametrize(
    "sent",
    [
        [],
        [{"manager": "x"}],
        [{**VALID, "fieldsType": "FieldsV2"}],
        [{**VALID, "fieldsV1": {"x": {}}}],
        [{**VALID, "operation": "Sing"}],
        [{**VALID, "apiVersion": ""}],
    ],
)
def test_entries_of_a_client_that_make_no_sense_are_ignored(desk: Desk, sent: Any) -> None:
    made = desk.api.create(web(), manager="one")
    before = made["metadata"]["managedFields"]
    made["metadata"]["managedFields"] = sent
    assert desk.api.update(made, manager="two")["metadata"]["managedFields"] == before


def test_entries_of_a_client_that_are_valid_count(desk: Desk) -> None:
    made = desk.api.create(web(), manager="one")
    (entry,) = made["metadata"]["managedFields"]
    entry["manager"] = "renamed"
    assert list(entries(desk.api.update(made, manager="two"))) == ["renamed"]


def test_an_update_without_entries_keeps_them(desk: Desk) -> None:
    made = desk.api.create(web(), manager="one")
    before = made["metadata"].pop("managedFields")
    assert desk.api.update(made, manager="two")["metadata"]["managedFields"] == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x" * 129, "Too long: may not be more than 128 bytes"),
        ("a\x07b", 'Invalid value: "a\\u0007b": invalid character U+0007 (at position 1)'),
    ],
)
def test_a_managers_name_has_its_limits(api: Api, name: str, text: str) -> None:
    with pytest.raises(ApiError) as caught:
        api.create(web(), manager=name)
    assert caught.value.code == 422
    assert text in caught.value.message
    assert caught.value.message.startswith('CreateOptions.meta.k8s.io "" is invalid: fieldManager')


def test_a_webhook_that_breaks_the_entries_is_undone_with_a_warning(desk: Desk) -> None:
    made = desk.api.create(web(), manager="one")
    before = made["metadata"]["managedFields"]
    warnings: list[str] = []
    made["metadata"]["managedFields"] = [{"manager": "x"}]
    after_admission(made, before, warnings.append)
    assert made["metadata"]["managedFields"] == before
    assert "invalid state after admission" in warnings[0]
    made["metadata"]["managedFields"] = [VALID]
    after_admission(made, before, warnings.append)
    assert made["metadata"]["managedFields"] == [{**VALID, "fieldsV1": {}}]
