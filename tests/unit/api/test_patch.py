# ruff: noqa: E501 - the cases of the RFCs stand on one line each
from __future__ import annotations

import pytest

from kctl.api.errors import ApiError
from kctl.api.patch import json_patch, merge
from kctl.api.patch.errors import PatchError
from kctl.api.patch.strategic import apply
from kctl.api.patch.three_way import three_way_merge, three_way_strategic

DEPLOYMENT = "io.k8s.api.apps.v1.Deployment"


def spec(**fields):
    return {"spec": {"template": {"spec": fields}}}


def containers(patched):
    return patched["spec"]["template"]["spec"]["containers"]


BASE = spec(
    containers=[{"name": each, "image": each} for each in "abc"],
    volumes=[{"name": "v", "emptyDir": {}}],
    tolerations=[{"key": "t"}],
)


@pytest.mark.parametrize(
    ("patch", "names"),
    [
        ([{"name": "b", "image": "z"}], "abc"),
        ([{"name": "n", "image": "n"}], "nabc"),
        ([{"name": "b", "$patch": "delete"}], "ac"),
        ([{"$patch": "replace"}, {"name": "q"}], "q"),
    ],
)
def test_lists_merge_by_their_key(patch, names):
    patched = apply(BASE, spec(containers=patch), DEPLOYMENT)
    assert "".join(each["name"] for each in containers(patched)) == names


def test_the_element_order_of_the_patch_wins_and_others_keep_their_place():
    patch = spec(**{"$setElementOrder/containers": [{"name": "c"}, {"name": "a"}]})
    names = [each["name"] for each in containers(apply(BASE, patch, DEPLOYMENT))]
    assert names == ["b", "c", "a"]


def test_retain_keys_clears_what_the_patch_does_not_name():
    volume = {"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}
    patched = apply(BASE, spec(volumes=[volume]), DEPLOYMENT)
    volumes = patched["spec"]["template"]["spec"]["volumes"]
    assert volumes == [{"name": "v", "hostPath": {"path": "/x"}}]


def test_an_atomic_list_is_replaced():
    patched = apply(BASE, spec(tolerations=[{"key": "u"}]), DEPLOYMENT)
    assert patched["spec"]["template"]["spec"]["tolerations"] == [{"key": "u"}]


def test_primitive_lists_merge_and_lose_elements():
    original = {"metadata": {"finalizers": ["a", "b"]}}
    patch = {"metadata": {"finalizers": ["c"], "$deleteFromPrimitiveList/finalizers": ["a"]}}
    assert sorted(apply(original, patch, DEPLOYMENT)["metadata"]["finalizers"]) == ["b", "c"]


def test_an_element_without_its_key_is_refused():
    with pytest.raises(PatchError, match="does not contain declared merge key: name"):
        apply(BASE, spec(containers=[{"image": "x"}]), DEPLOYMENT)


def test_a_patch_changes_neither_argument():
    patch = spec(containers=[{"name": "a", "$patch": "delete"}])
    before = repr((BASE, patch))
    apply(BASE, patch, DEPLOYMENT)
    assert repr((BASE, patch)) == before


def test_three_way_removes_what_was_applied_and_keeps_what_others_set():
    original = spec(containers=[{"name": "a", "image": "1"}, {"name": "b", "image": "1"}])
    modified = spec(containers=[{"name": "a", "image": "2"}])
    current = spec(
        containers=[
            {"name": "a", "image": "1", "imagePullPolicy": "Always"},
            {"name": "b", "image": "1"},
            {"name": "side", "image": "s"},
        ],
        nodeName="n",
    )
    patch = three_way_strategic(original, modified, current, DEPLOYMENT)
    assert patch == spec(
        **{
            "$setElementOrder/containers": [{"name": "a"}],
            "containers": [{"name": "a", "image": "2"}, {"name": "b", "$patch": "delete"}],
        }
    )
    patched = apply(current, patch, DEPLOYMENT)
    assert containers(patched) == [
        {"name": "a", "image": "2", "imagePullPolicy": "Always"},
        {"name": "side", "image": "s"},
    ]
    assert patched["spec"]["template"]["spec"]["nodeName"] == "n"


def test_three_way_is_empty_where_nothing_is_to_do():
    assert three_way_strategic(BASE, BASE, BASE, DEPLOYMENT) == {}
    assert three_way_merge(BASE, BASE, BASE) == {}


def test_three_way_merge_for_kinds_without_a_schema():
    patch = three_way_merge(
        {"spec": {"a": 1, "b": {"c": 1}}},
        {"spec": {"a": 2, "b": {}}},
        {"spec": {"a": 1, "b": {"c": 1, "d": 1}, "e": 5}},
    )
    assert patch == {"spec": {"a": 2, "b": {"c": None}}}


def test_three_way_refuses_to_rename():
    with pytest.raises(PatchError, match="name must not be changed"):
        three_way_strategic(
            {}, {"metadata": {"name": "b"}}, {"metadata": {"name": "a"}}, DEPLOYMENT
        )


# RFC 7386, appendix A.
@pytest.mark.parametrize(
    ("original", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patches(original, patch, result):
    assert merge.apply(original, patch) == result


# RFC 6902, appendix A.
@pytest.mark.parametrize(
    ("original", "patch", "result"),
    [
        ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "q"}], {"foo": "bar", "baz": "q"}),
        ({"a": [1, 3]}, [{"op": "add", "path": "/a/1", "value": 2}], {"a": [1, 2, 3]}),
        ({"a": [1]}, [{"op": "add", "path": "/a/-", "value": [2]}], {"a": [1, [2]]}),
        ({"a": [1, 2, 3]}, [{"op": "remove", "path": "/a/1"}], {"a": [1, 3]}),
        ({"a": 1, "b": 2}, [{"op": "replace", "path": "/a", "value": 3}], {"a": 3, "b": 2}),
        ({"a": {"x": 1}, "b": {}}, [{"op": "move", "from": "/a/x", "path": "/b/y"}], {"a": {}, "b": {"y": 1}}),
        ({"a": {"x": 1}}, [{"op": "copy", "from": "/a", "path": "/b"}], {"a": {"x": 1}, "b": {"x": 1}}),
        ({"a/b": 1, "~": 2}, [{"op": "test", "path": "/a~1b", "value": 1}, {"op": "remove", "path": "/~0"}], {"a/b": 1}),
    ],
)  # fmt: skip
def test_json_patches(original, patch, result):
    assert json_patch.apply(original, patch) == result


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ([{"op": "test", "path": "/a", "value": True}], "testing value /a failed: test failed"),
        ([{"op": "remove", "path": "/z"}], "remove operation does not apply"),
        ([{"op": "add", "path": "/z/y", "value": 1}], "add operation does not apply: doc is missing path"),
        ([{"op": "replace", "path": "/l/7", "value": 1}], "replace operation does not apply"),
        ([{"op": "add", "path": "/l/-1", "value": 1}], "invalid index"),
        ([{"op": "explode", "path": "/a"}], "Unexpected kind: explode"),
        ({"op": "add"}, "cannot unmarshal object"),
    ],
)  # fmt: skip
def test_json_patches_that_do_not_apply(patch, message):
    with pytest.raises(PatchError, match=message):
        json_patch.apply({"a": 1, "l": []}, patch)


# --- through the Api ---


def test_a_patch_goes_through_defaults_and_rules(api, deployment):
    api.create(deployment())
    patched = api.patch("deployments.apps", "web", "default", {"spec": {"replicas": 4}}, "merge")
    assert patched["spec"]["replicas"] == 4
    assert patched["metadata"]["generation"] == 2
    with pytest.raises(ApiError, match=r"spec\.replicas: Invalid value: -1"):
        api.patch("deployments.apps", "web", "default", {"spec": {"replicas": -1}}, "merge")


def test_a_patch_that_changes_nothing_writes_nothing(desk, deployment):
    desk.api.create(deployment())
    desk.api.patch("deployments.apps", "web", "default", {"spec": {"replicas": 1}}, "strategic")
    assert desk.backend.revision() == 1


def test_a_patch_with_a_stale_version_is_a_conflict(api, configmap):
    api.create(configmap())
    api.update(configmap(data={"k": "2"}))
    patch = {"metadata": {"resourceVersion": "1"}, "data": {"k": "3"}}
    with pytest.raises(ApiError, match="the object has been modified"):
        api.patch("configmaps", "c", "default", patch, "merge")


def test_a_patch_cannot_rename(api, configmap):
    api.create(configmap())
    with pytest.raises(ApiError, match=r"the name of the object \(d\) does not match"):
        api.patch("configmaps", "c", "default", {"metadata": {"name": "d"}}, "merge")


def test_an_unknown_field_in_a_patch_quotes_the_patch(api, deployment):
    api.create(deployment())
    with pytest.raises(ApiError) as caught:
        api.patch("deployments.apps", "web", "default", {"spec": {"foo": 1}}, "strategic")
    assert caught.value.message == (
        ' "" is invalid: patch: Invalid value: "map[spec:map[foo:1]]": strict decoding error: '
        'unknown field "spec.foo"'
    )


def test_a_json_patch_that_fails_its_test_is_rejected(api, configmap):
    api.create(configmap())
    patch = [{"op": "test", "path": "/data/k", "value": "other"}]
    with pytest.raises(ApiError) as caught:
        api.patch("configmaps", "c", "default", patch, "json")
    assert caught.value.code == 422
    assert caught.value.message == "the server rejected our request due to an error in our request"


def test_the_scale_subresource(api, deployment):
    api.create(deployment())
    scale = api.get_scale("deployments.apps", "web", "default")
    assert (scale["spec"], scale["status"]) == (
        {"replicas": 1},
        {"replicas": 0, "selector": "app=web"},
    )
    scale["spec"]["replicas"] = 7
    assert api.update_scale("deployments.apps", "web", "default", scale)["spec"] == {"replicas": 7}
    patch = {"spec": {"replicas": 2}}
    api.patch("deployments.apps", "web", "default", patch, "merge", subresource="scale")
    assert api.get("deployments.apps", "web", "default")["spec"]["replicas"] == 2
    with pytest.raises(ApiError, match="the object has been modified"):
        api.update_scale("deployments.apps", "web", "default", scale)
    with pytest.raises(ApiError, match=r"spec\.replicas: Invalid value: -1"):
        api.update_scale("deployments.apps", "web", "default", {"spec": {"replicas": -1}})
