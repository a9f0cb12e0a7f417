"""The subresource through which containers are added to a pod that runs."""

from __future__ import annotations

from typing import Any

import pytest

from kctl.api.api import Api
from kctl.api.errors import ApiError

Object = dict[str, Any]
NAME = "ephemeralcontainers"


def pod(**spec: Any) -> Object:
    listed = [{"name": "c", "image": "a:1"}]
    metadata = {"name": "one", "namespace": "default"}
    spec = {"containers": listed, **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def debugger(name: str = "debugger", **fields: Any) -> Object:
    return {"name": name, "image": "busybox:1", **fields}


def add(api: Api, *containers: Object, kind: str = "strategic") -> Object:
    change = {"spec": {"ephemeralContainers": list(containers)}}
    return api.patch("pods", "one", "default", change, kind, subresource=NAME)


def refused(api: Api, *containers: Object, kind: str = "strategic") -> str:
    with pytest.raises(ApiError) as error:
        add(api, *containers, kind=kind)
    assert error.value.code == 422
    return error.value.message.partition(" is invalid: ")[2]


def test_they_are_added_one_after_the_other_with_their_defaults(api: Api) -> None:
    api.create(pod())
    add(api, debugger("a"))
    listed = add(api, debugger("b", targetContainerName="c"))["spec"]["ephemeralContainers"]
    assert sorted(each["name"] for each in listed) == ["a", "b"]
    assert {each["imagePullPolicy"] for each in listed} == {"IfNotPresent"}


def test_nothing_else_of_the_pod_is_changed(api: Api) -> None:
    api.create(pod())
    new = api.get("pods", "one", "default")
    new["spec"]["containers"][0]["image"] = "other:2"
    new["spec"]["ephemeralContainers"] = [debugger()]
    new["metadata"]["labels"] = {"a": "b"}
    api.update(new, subresource=NAME)
    now = api.get("pods", "one", "default")
    assert now["spec"]["containers"][0]["image"] == "a:1"
    assert "labels" not in now["metadata"]
    assert [each["name"] for each in now["spec"]["ephemeralContainers"]] == ["debugger"]


def test_what_was_added_stays_as_it_is(api: Api) -> None:
    api.create(pod())
    add(api, debugger())
    assert refused(api, kind="merge").startswith(
        'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debugger" '
        "may not be removed"
    )
    assert refused(api, debugger(image="other:1")).startswith(
        'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debugger" '
        "may not be changed"
    )


@pytest.mark.parametrize(
    ("added", "words"),
    [
        (debugger("c"), 'spec.ephemeralContainers[0].name: Duplicate value: "c"'),
        (
            debugger(targetContainerName="none"),
            'spec.ephemeralContainers[0].targetContainerName: Not found: "none"',
        ),
        (
            debugger(ports=[{"containerPort": 1}]),
            "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral "
            "Container",
        ),
    ],
)
def test_rules_of_what_is_added(api: Api, added: Object, words: str) -> None:
    api.create(pod())
    assert refused(api, added) == words


def test_they_come_through_no_other_door(api: Api) -> None:
    with pytest.raises(ApiError) as error:
        api.create(pod(ephemeralContainers=[debugger()]))
    assert "spec.ephemeralContainers: Forbidden: cannot be set on create" in error.value.message
    api.create(pod())
    change = {"spec": {"ephemeralContainers": [debugger()]}}
    with pytest.raises(ApiError) as error:
        api.patch("pods", "one", "default", change, "strategic")
    assert "pod updates may not change fields other than" in error.value.message
    add(api, debugger())
    api.patch("pods", "one", "default", {"metadata": {"labels": {"a": "b"}}}, "merge")
