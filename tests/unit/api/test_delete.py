from __future__ import annotations

import pytest

from kctl.api.errors import ApiError


def gone(api, resource, name, namespace="default"):
    try:
        api.get(resource, name, namespace)
    except ApiError as error:
        return error.reason == "NotFound"
    return False


def test_an_object_that_nothing_holds_goes_at_once(api, configmap):
    api.create(configmap())
    api.delete("configmaps", "c", "default")
    assert gone(api, "configmaps", "c")


def test_finalizers_hold_it_until_the_last_is_taken_away(api, configmap):
    api.create(configmap(finalizers=["a.b/c"]))
    marked = api.delete("configmaps", "c", "default")
    assert marked["metadata"]["deletionTimestamp"] == "2026-11-23T06:00:00Z"
    assert marked["metadata"]["deletionGracePeriodSeconds"] == 0
    del marked["metadata"]["finalizers"]
    api.update(marked)
    assert gone(api, "configmaps", "c")


def test_a_second_delete_of_a_held_object_changes_nothing(desk, configmap):
    desk.api.create(configmap(finalizers=["a.b/c"]))
    desk.api.delete("configmaps", "c", "default")
    before = desk.backend.revision()
    desk.later(60)
    desk.api.delete("configmaps", "c", "default")
    assert desk.backend.revision() == before


@pytest.mark.parametrize(
    ("policy", "finalizers"),
    [("Foreground", ["foregroundDeletion"]), ("Orphan", ["orphan"])],
)
def test_propagation_is_a_finalizer(api, deployment, policy, finalizers):
    api.create(deployment())
    left = api.delete("deployments.apps", "web", "default", propagation=policy)
    assert left["metadata"]["finalizers"] == finalizers
    assert not gone(api, "deployments.apps", "web")


def test_background_removes_at_once_and_undoes_foreground(api, deployment):
    api.create(deployment())
    api.delete("deployments.apps", "web", "default", propagation="Foreground")
    api.delete("deployments.apps", "web", "default", propagation="Background")
    assert gone(api, "deployments.apps", "web")


def test_an_unknown_policy_is_refused(api, configmap):
    api.create(configmap())
    with pytest.raises(ApiError, match="propagationPolicy: Unsupported value"):
        api.delete("configmaps", "c", "default", propagation="Sideways")


def test_a_running_pod_gets_its_grace_and_then_goes(desk, pod):
    desk.api.create(pod(node="n1"))
    marked = desk.api.delete("pods", "p", "default")
    assert marked["metadata"]["deletionTimestamp"] == "2026-11-23T06:00:30Z"
    assert marked["metadata"]["deletionGracePeriodSeconds"] == 30
    desk.api.delete("pods", "p", "default", grace=0)
    assert gone(desk.api, "pods", "p")


def test_grace_can_only_be_shortened(desk, pod):
    desk.api.create(pod(node="n1"))
    desk.api.delete("pods", "p", "default", grace=20)
    same = desk.api.delete("pods", "p", "default", grace=60)
    assert same["metadata"]["deletionGracePeriodSeconds"] == 20
    shorter = desk.api.delete("pods", "p", "default", grace=5)
    assert shorter["metadata"]["deletionGracePeriodSeconds"] == 5
    assert shorter["metadata"]["deletionTimestamp"] == "2026-11-23T06:00:05Z"


def test_a_pod_without_a_node_goes_at_once(api, pod):
    api.create(pod())
    api.delete("pods", "p", "default")
    assert gone(api, "pods", "p")


def test_a_pod_with_a_finalizer_outlives_its_grace(api, pod):
    api.create(pod(node="n1", finalizers=["a.b/c"]))
    api.delete("pods", "p", "default")
    held = api.delete("pods", "p", "default", grace=0)
    assert held["metadata"]["deletionGracePeriodSeconds"] == 0
    held["metadata"]["finalizers"] = []
    api.update(held)
    assert gone(api, "pods", "p")


def test_preconditions_are_checked(api, configmap):
    made = api.create(configmap())
    with pytest.raises(ApiError) as caught:
        api.delete("configmaps", "c", "default", uid="other")
    assert caught.value.message == (
        'Operation cannot be fulfilled on configmaps "c": Precondition failed: UID in '
        "precondition: other, UID in object meta: uid-1"
    )
    with pytest.raises(ApiError, match="ResourceVersion in precondition: 99"):
        api.delete("configmaps", "c", "default", resource_version="99")
    version = made["metadata"]["resourceVersion"]
    api.delete("configmaps", "c", "default", uid="uid-1", resource_version=version)


def test_dry_run_deletes_nothing(api, configmap):
    api.create(configmap())
    api.delete("configmaps", "c", "default", dry_run=True)
    assert not gone(api, "configmaps", "c")


def test_a_namespace_waits_for_the_finalizer_in_its_spec(api):
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}})
    ending = api.delete("namespaces", "n")
    assert ending["status"]["phase"] == "Terminating"
    assert not gone(api, "namespaces", "n", "")
    api.update({**ending, "spec": {"finalizers": []}}, subresource="finalize")
    assert gone(api, "namespaces", "n", "")


def test_delete_collection_takes_what_the_selector_matches(api, configmap):
    for name, tier in (("a", "x"), ("b", "y"), ("c", "x")):
        api.create(configmap(name, labels={"tier": tier}))
    deleted = api.delete_collection("configmaps", "default", label_selector="tier=x")
    assert [each["metadata"]["name"] for each in deleted] == ["a", "c"]
    assert [each["metadata"]["name"] for each in api.list("configmaps").items] == ["b"]
