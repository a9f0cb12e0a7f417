"""Server-side apply through the Api: what a cluster answers."""

from __future__ import annotations

from typing import Any

import pytest

from kctl.api.api import Api
from kctl.api.errors import ApiError
from tests.unit.api.apply.test_tracking import DEPLOYMENTS, FIRST, LATER, entries, merge
from tests.unit.api.conftest import Desk

Object = dict[str, Any]


def config(metadata: Object | None = None, **spec: Any) -> Object:
    container = {"name": "c", "image": "nginx", "ports": [{"containerPort": 80}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", **(metadata or {})},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [container]},
            },
            **spec,
        },
    }


def apply(api: Api, wanted: Object, manager: str = "me", **options: Any) -> Object:
    return api.apply(DEPLOYMENTS, "web", "default", wanted, manager=manager, **options)


def refused(api: Api, wanted: Any, manager: str = "me", **options: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        apply(api, wanted, manager, **options)
    return caught.value


APPLIED = {
    "f:spec": {
        "f:selector": {},
        "f:template": {
            "f:metadata": {"f:labels": {"f:app": {}}},
            "f:spec": {
                "f:containers": {
                    'k:{"name":"c"}': {
                        ".": {},
                        "f:name": {},
                        "f:image": {},
                        "f:ports": {
                            'k:{"containerPort":80,"protocol":"TCP"}': {
                                ".": {},
                                "f:containerPort": {},
                            }
                        },
                    }
                }
            },
        },
    }
}


def test_it_creates_and_owns_what_it_said_but_no_defaults(api: Api) -> None:
    made = apply(api, config())
    assert made["spec"]["replicas"] == 1 and made["metadata"]["generation"] == 1
    assert made["metadata"]["managedFields"] == [
        {
            "manager": "me",
            "operation": "Apply",
            "apiVersion": "apps/v1",
            "time": FIRST,
            "fieldsType": "FieldsV1",
            "fieldsV1": APPLIED,
        }
    ]


def test_the_same_again_writes_nothing(desk: Desk) -> None:
    before = apply(desk.api, config(replicas=3))
    desk.later(10)
    assert apply(desk.api, config(replicas=3)) == before


def test_a_field_of_another_manager_is_a_conflict_until_it_is_forced(desk: Desk) -> None:
    apply(desk.api, config(replicas=3))
    merge(desk, {"spec": {"replicas": 5}}, "kubectl-edit")
    error = refused(desk.api, config(replicas=3))
    assert (error.code, error.reason) == (409, "Conflict")
    assert error.message == (
        'Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas'
    )
    assert error.details == {
        "causes": [
            {
                "reason": "FieldManagerConflict",
                "message": 'conflict with "kubectl-edit" using apps/v1',
                "field": ".spec.replicas",
            }
        ]
    }
    forced = apply(desk.api, config(replicas=3), force=True)
    assert forced["spec"]["replicas"] == 3 and list(entries(forced)) == ["me"]


def test_several_conflicts_are_told_manager_by_manager(desk: Desk) -> None:
    apply(desk.api, config(replicas=3, paused=True), "argo")
    desk.api.patch(
        DEPLOYMENTS, "web", "default", {"spec": {"replicas": 4}}, "merge",
        subresource="scale", manager="hpa",
    )  # fmt: skip
    image = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "x"}]}}}}
    api = desk.api
    api.patch(DEPLOYMENTS, "web", "default", image, "strategic", manager="kubectl-set")
    assert refused(api, config(replicas=1, paused=False)).message == (
        'Apply failed with 3 conflicts: conflicts with "argo":\n- .spec.paused\n'
        'conflicts with "hpa" with subresource "scale" using apps/v1:\n- .spec.replicas\n'
        'conflicts with "kubectl-set" using apps/v1:\n'
        '- .spec.template.spec.containers[name="c"].image'
    )


def test_equal_values_are_owned_together_and_go_when_the_last_owner_lets_go(desk: Desk) -> None:
    apply(desk.api, config({"labels": {"x": "1"}}), "one")
    both = apply(desk.api, config({"labels": {"x": "1"}}), "two")
    assert sorted(entries(both)) == ["one", "two"]
    assert apply(desk.api, config(), "one")["metadata"]["labels"] == {"x": "1"}
    assert "labels" not in apply(desk.api, config(), "two")["metadata"]


def test_a_removed_field_goes_back_to_its_default(desk: Desk) -> None:
    apply(desk.api, config(replicas=3))
    assert apply(desk.api, config())["spec"]["replicas"] == 1


def test_a_container_of_another_manager_stays_where_ours_goes(desk: Desk) -> None:
    apply(desk.api, config())
    more = config()
    more["spec"]["template"]["spec"]["containers"] = [{"name": "side", "image": "s"}]
    both = apply(desk.api, more, "sidecars")["spec"]["template"]["spec"]["containers"]
    assert [each["name"] for each in both] == ["c", "side"]
    gone = config()
    gone["spec"]["template"]["spec"]["containers"] = []
    left = apply(desk.api, gone)["spec"]["template"]["spec"]["containers"]
    assert [each["name"] for each in left] == ["side"]


def test_what_nobody_tracked_belongs_to_before_first_apply(desk: Desk) -> None:
    created = config(replicas=2)
    created["metadata"]["namespace"] = "default"
    desk.api.create(created)
    assert refused(desk.api, config(replicas=3)).message == (
        'Apply failed with 1 conflict: conflict with "before-first-apply" using apps/v1: '
        ".spec.replicas"
    )
    desk.later(10)
    found = entries(apply(desk.api, config(replicas=2)))
    assert sorted(found) == ["before-first-apply", "me"]
    assert found["before-first-apply"]["operation"] == "Update"
    assert found["before-first-apply"]["time"] == LATER


def test_atomic_fields_are_owned_and_replaced_whole(api: Api) -> None:
    service: Object = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s"},
        "spec": {"selector": {"a": "b", "c": "d"}, "ports": [{"port": 80}]},
    }
    api.apply("services", "s", "default", service, manager="me")
    service["spec"]["selector"] = {"x": "y"}
    made = api.apply("services", "s", "default", service, manager="me")
    assert made["spec"]["selector"] == {"x": "y"}
    assert entries(made)["me"]["fieldsV1"]["f:spec"] == {
        "f:selector": {},
        "f:ports": {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}}},
    }


def test_sets_are_owned_item_by_item(desk: Desk) -> None:
    apply(desk.api, config({"finalizers": ["a.b/one"]}), "one")
    made = apply(desk.api, config({"finalizers": ["a.b/two"]}), "two")
    assert made["metadata"]["finalizers"] == ["a.b/one", "a.b/two"]
    made = apply(desk.api, config(), "one")
    assert made["metadata"]["finalizers"] == ["a.b/two"]
    assert entries(made)["two"]["fieldsV1"]["f:metadata"] == {"f:finalizers": {'v:"a.b/two"': {}}}


def test_status_is_applied_through_its_subresource_alone(desk: Desk) -> None:
    wanted = {**config(), "status": {"replicas": 4}}
    made = apply(desk.api, wanted)
    assert "replicas" not in made["status"]
    assert "f:status" not in entries(made)["me"]["fieldsV1"]
    status = {"apiVersion": "apps/v1", "kind": "Deployment", "status": {"replicas": 4}}
    made = apply(desk.api, status, "controller", subresource="status")
    assert made["status"]["replicas"] == 4
    assert entries(made)["controller"]["subresource"] == "status"
    assert entries(made)["controller"]["fieldsV1"] == {"f:status": {"f:replicas": {}}}


def test_a_scale_is_applied_on_the_replicas_of_its_object(desk: Desk) -> None:
    apply(desk.api, config(replicas=3), "one")
    scale = {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": "web"},
        "spec": {"replicas": 5},
    }
    assert refused(desk.api, scale, subresource="scale").message == (
        'Apply failed with 1 conflict: conflict with "one": .spec.replicas'
    )
    desk.later(10)
    made = apply(desk.api, scale, subresource="scale", force=True)
    assert made["kind"] == "Scale" and made["spec"]["replicas"] == 5
    found = entries(desk.api.get(DEPLOYMENTS, "web", "default"))
    assert found["one"]["fieldsV1"] == APPLIED
    assert found["me"]["subresource"] == "scale" and found["me"]["time"] == LATER
    assert found["me"]["apiVersion"] == "apps/v1"
    assert found["me"]["fieldsV1"] == {"f:spec": {"f:replicas": {}}}


def test_kubectl_takes_over_what_it_applied_on_the_clients_side(desk: Desk) -> None:
    annotation = "kubectl.kubernetes.io/last-applied-configuration"
    text = '{"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":2,"paused":true}}'
    created = config({"namespace": "default", "annotations": {annotation: text}}, replicas=2)
    desk.api.create(created, manager="kubectl-client-side-apply")
    merge(desk, {"spec": {"paused": True, "minReadySeconds": 3}}, "else")
    assert "conflict with" in refused(desk.api, config(replicas=4), "argo").message
    made = apply(desk.api, config(replicas=4), "kubectl")
    assert made["spec"]["replicas"] == 4
    assert '"replicas":4' in made["metadata"]["annotations"][annotation]
    assert refused(desk.api, config(minReadySeconds=4), "kubectl").message == (
        'Apply failed with 1 conflict: conflict with "else" using apps/v1: .spec.minReadySeconds'
    )


def test_a_dry_run_says_what_would_be(api: Api) -> None:
    assert apply(api, config(), dry_run=True)["metadata"]["managedFields"]
    with pytest.raises(ApiError, match="not found"):
        api.get(DEPLOYMENTS, "web", "default")


@pytest.mark.parametrize(
    ("wanted", "code", "text"),
    [
        ([], 400, "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: "
         "cannot unmarshal array into Go value of type map[string]interface {}"),
        ({**config(), "kind": "Pod"}, 400, "invalid object type: apps/v1, Kind=Pod"),
        ({}, 400, "invalid object type: /, Kind="),
        (config({"managedFields": []}), 400, "metadata.managedFields must be nil"),
        (config({"name": "other"}), 400,
         "the name of the object (other) does not match the name on the URL (web)"),
        (config({"name": None}), 400,
         "the name of the object (web based on URL) was undeterminable: name must be provided"),
        (config({"namespace": "other"}), 400, "the namespace of the provided object does not "
         "match the namespace sent on the request"),
        (config(foo=1), 400, "failed to create typed patch object (/web; apps/v1, "
         "Kind=Deployment): .spec.foo: field not declared in schema"),
        (config(template=3), 400, "failed to create typed patch object (/web; apps/v1, "
         "Kind=Deployment): .spec.template: expected map, got &{3}"),
        (config(replicas="x", paused="y"), 400, "failed to create typed patch object (/web; "
         "apps/v1, Kind=Deployment): errors:\n  .spec.paused: expected boolean, got &{y}\n"
         "  .spec.replicas: expected numeric (int or float), got string"),
        (config({"finalizers": ["a", "a"]}), 400, "failed to create typed patch object (/web; "
         'apps/v1, Kind=Deployment): .metadata.finalizers: duplicate entries for key [="a"]'),
        (config({"uid": "7"}), 409, 'Operation cannot be fulfilled on deployments.apps "web": uid '
         "mismatch: the provided object specified uid 7, and no existing object was found"),
    ],
)  # fmt: skip
def test_what_is_no_configuration_is_refused(api: Api, wanted: Any, code: int, text: str) -> None:
    error = refused(api, wanted)
    assert (error.code, error.message) == (code, text)


def test_an_apply_needs_a_manager(api: Api) -> None:
    error = refused(api, config(), "")
    assert (error.code, error.message) == (
        422,
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for '
        "apply patch",
    )


def test_uid_and_version_in_the_configuration_are_preconditions(desk: Desk) -> None:
    made = apply(desk.api, config())
    version, uid = made["metadata"]["resourceVersion"], made["metadata"]["uid"]
    made = apply(desk.api, config({"resourceVersion": version, "uid": uid}, replicas=2))
    assert made["spec"]["replicas"] == 2
    assert refused(desk.api, config({"resourceVersion": version}, replicas=3)).code == 409
    assert "Precondition failed: UID" in refused(desk.api, config({"uid": "z"})).message


def test_nesting_without_end_is_a_bad_request(api: Api) -> None:
    deep: Any = "x"
    for _ in range(5000):
        deep = {"a": deep}
    wanted = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "web"},
        "spec": {"versions": [{"name": "v1", "schema": {"openAPIV3Schema": {"default": deep}}}]},
    }
    with pytest.raises(ApiError) as caught:
        api.apply("customresourcedefinitions.apiextensions.k8s.io", "web", "", wanted, manager="me")
    assert caught.value.code == 400
