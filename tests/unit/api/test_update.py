from __future__ import annotations

import pytest

from kctl.api.errors import ApiError


def test_a_stale_resource_version_is_refused(api, configmap):
    first = api.create(configmap())
    api.update({**first, "data": {"k": "2"}})
    with pytest.raises(ApiError) as caught:
        api.update({**first, "data": {"k": "3"}})
    assert caught.value.message == (
        'Operation cannot be fulfilled on configmaps "c": the object has been modified; please '
        "apply your changes to the latest version and try again"
    )


def test_without_a_resource_version_the_update_applies_to_what_is_there(api, configmap):
    api.create(configmap())
    assert api.update(configmap(data={"k": "2"}))["data"] == {"k": "2"}


def test_an_update_that_changes_nothing_writes_nothing(desk, deployment):
    made = desk.api.create(deployment())
    again = desk.api.update(deployment())
    assert again == made
    assert desk.backend.revision() == 1


def test_generation_counts_changes_of_the_spec_alone(api, deployment):
    made = api.create(deployment())
    made["metadata"]["labels"] = {"a": "b"}
    made = api.update(made)
    assert made["metadata"]["generation"] == 1
    made["spec"]["replicas"] = 5
    made = api.update(made)
    assert made["metadata"]["generation"] == 2
    made["status"] = {"replicas": 5}
    assert api.update(made, subresource="status")["metadata"]["generation"] == 2


def test_an_update_leaves_status_alone_and_a_status_update_all_else(api, deployment):
    made = api.create(deployment())
    changed = {**made, "status": {"replicas": 3}}
    assert api.update(changed).get("status", {}) == {}
    changed["spec"] = {**made["spec"], "replicas": 9}
    updated = api.update(changed, subresource="status")
    assert updated["status"] == {"replicas": 3}
    assert updated["spec"]["replicas"] == 1


def test_a_kind_without_the_subresource_says_so(api, configmap):
    api.create(configmap())
    with pytest.raises(ApiError, match="the server could not find the requested resource"):
        api.update(configmap(), subresource="status")


def test_identity_cannot_change(api, configmap):
    made = api.create(configmap())
    moved = {**made, "metadata": {**made["metadata"], "creationTimestamp": "2020-01-01T00:00:00Z"}}
    with pytest.raises(ApiError, match=r"metadata\.creationTimestamp: Invalid value"):
        api.update(moved)
    other = {**made, "metadata": {**made["metadata"], "uid": "somebody-else"}}
    with pytest.raises(ApiError, match="Precondition failed: UID in precondition: somebody-else"):
        api.update(other)


def test_what_is_not_there_cannot_be_updated(api, configmap):
    with pytest.raises(ApiError, match='configmaps "c" not found'):
        api.update(configmap())


def test_dry_run_writes_nothing(desk, configmap):
    desk.api.create(configmap())
    shown = desk.api.update(configmap(data={"k": "2"}), dry_run=True)
    assert shown["data"] == {"k": "2"}
    assert desk.api.get("configmaps", "c", "default")["data"] == {"k": "v"}


def test_a_finalizer_cannot_join_while_the_object_is_going(api, configmap):
    made = api.create(configmap(finalizers=["a.b/c"]))
    made = api.delete("configmaps", "c", "default")
    made["metadata"]["finalizers"] = ["a.b/c", "x.y/z"]
    with pytest.raises(ApiError) as caught:
        api.update(made)
    assert caught.value.message == (
        'ConfigMap "c" is invalid: metadata.finalizers: Forbidden: no new finalizers can be '
        "added if the object is being deleted, found new finalizers "
        '[]string{"x.y/z"}'
    )
