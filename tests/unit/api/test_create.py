from __future__ import annotations

import copy

import pytest

from kctl.api.errors import ApiError
from kctl.store.types import Key


def test_create_fills_what_belongs_to_the_system(desk, deployment):
    made = desk.api.create(deployment())
    meta = made["metadata"]
    assert meta["uid"] == "uid-1"
    assert meta["creationTimestamp"] == "2026-11-23T06:00:00Z"
    assert meta["generation"] == 1
    assert meta["resourceVersion"] == "1"
    assert made["spec"]["replicas"] == 1
    assert desk.api.get("deployments.apps", "web", "default") == made


def test_the_object_that_is_passed_in_is_not_changed(api, deployment):
    obj = deployment()
    before = copy.deepcopy(obj)
    api.create(obj)
    assert obj == before


def test_a_second_create_is_refused(api, configmap):
    api.create(configmap())
    with pytest.raises(ApiError) as caught:
        api.create(configmap())
    assert caught.value.reason == "AlreadyExists"
    assert caught.value.message == 'configmaps "c" already exists'


def test_the_stored_json_starts_with_type_and_metadata(desk, deployment):
    shuffled = {"spec": deployment()["spec"], **deployment()}
    desk.api.create(dict(reversed(shuffled.items())))
    value = desk.backend.get(Key("deployments.apps", "default", "web")).value
    assert value.startswith(b'{"apiVersion":"apps/v1","kind":"Deployment","metadata":{')
    assert b"resourceVersion" not in value


def test_generate_name_adds_a_suffix_and_tries_another_where_it_is_taken(desk, configmap):
    obj = configmap()
    del obj["metadata"]["name"]
    obj["metadata"]["generateName"] = "c-"
    assert desk.api.create(obj)["metadata"]["name"] == "c-bbbbb"
    desk.suffixes = iter(["bbbbb", "fffff"])
    assert desk.api.create(obj)["metadata"]["name"] == "c-fffff"


def test_a_long_generate_name_is_cut_to_63_characters(api, configmap):
    obj = configmap()
    del obj["metadata"]["name"]
    obj["metadata"]["generateName"] = "c" * 100
    assert api.create(obj)["metadata"]["name"] == "c" * 58 + "bbbbb"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"name": ""},
            'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is '
            "required",
        ),
        (
            {"name": "A_b"},
            'ConfigMap "A_b" is invalid: metadata.name: Invalid value: "A_b": a lowercase RFC '
            "1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
            "must start and end with an alphanumeric character (e.g. 'example.com', regex used "
            "for validation is "
            r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        ),
        (
            {"labels": {"a b": "c"}},
            'ConfigMap "c" is invalid: metadata.labels: Invalid value: "a b": name part must '
            "consist of alphanumeric characters, '-', '_' or '.', and must start and end with "
            "an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used "
            "for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        ),
        (
            {"finalizers": ["orphan", "foregroundDeletion"]},
            'ConfigMap "c" is invalid: metadata.finalizers: Invalid value: '
            '["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be '
            "both set",
        ),
        (
            {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": ""}]},
            'ConfigMap "c" is invalid: metadata.ownerReferences.uid: Invalid value: "": must '
            "not be empty",
        ),
        (
            {"annotations": {"a": "x" * 262144}},
            'ConfigMap "c" is invalid: metadata.annotations: Too long: may not be more than '
            "262144 bytes",
        ),
    ],
)
def test_metadata_is_checked_with_kubernetes_words(api, configmap, change, message):
    obj = configmap()
    obj["metadata"].update(change)
    with pytest.raises(ApiError) as caught:
        api.create(obj)
    assert (caught.value.code, caught.value.reason) == (422, "Invalid")
    assert caught.value.message == message


def test_the_namespace_of_the_request_and_of_the_object_must_agree(api, configmap):
    with pytest.raises(ApiError, match="does not match the namespace sent on the request"):
        api.create(configmap(), namespace="other")
    obj = configmap()
    del obj["metadata"]["namespace"]
    assert api.create(obj, namespace="other")["metadata"]["namespace"] == "other"


def test_an_unknown_kind_is_named_with_its_version(api):
    with pytest.raises(ApiError, match='no matches for kind "Foo" in version "v1"'):
        api.create({"apiVersion": "v1", "kind": "Foo", "metadata": {"name": "x"}})


def test_resource_version_may_not_be_set(api, configmap):
    text = "resourceVersion should not be set on objects to be created"
    with pytest.raises(ApiError, match=text):
        api.create(configmap(resourceVersion="5"))


def test_dry_run_writes_nothing_but_answers_as_if(desk, configmap):
    made = desk.api.create(configmap(), dry_run=True)
    assert made["metadata"]["uid"]
    assert "resourceVersion" not in made["metadata"]
    assert desk.backend.revision() == 0
    desk.api.create(configmap())
    with pytest.raises(ApiError, match="already exists"):
        desk.api.create(configmap(), dry_run=True)


def test_unknown_fields_are_refused_warned_of_or_dropped(desk, deployment):
    obj = deployment()
    obj["spec"]["foo"] = 1
    obj["spec"]["template"]["spec"]["containers"][0]["imagee"] = "x"
    texts = [
        'unknown field "spec.foo"',
        'unknown field "spec.template.spec.containers[0].imagee"',
    ]
    with pytest.raises(ApiError) as caught:
        desk.api.create(obj)
    assert caught.value.reason == "BadRequest"
    assert caught.value.message == (
        'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: '
        + ", ".join(texts)
    )
    made = desk.api.create(obj, validation="Warn")
    assert "foo" not in made["spec"]
    assert desk.warnings == texts
    desk.warnings.clear()
    obj["metadata"]["name"] = "other"
    desk.api.create(obj, validation="Ignore")
    assert desk.warnings == []


def test_labels_owners_and_cells_are_stored_beside_the_object(desk, configmap):
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u1"}
    desk.api.create(configmap(labels={"a": "b"}, ownerReferences=[owner]))
    row = desk.backend.row(Key("configmaps", "default", "c"))
    assert row.labels == '{"a":"b"}'
    assert row.refs == ("owner/u1",)
    assert row.cells == '["c",1,[1795413600]]'
    assert [each.key.name for each in desk.backend.referring("owner/u1")] == ["c"]
