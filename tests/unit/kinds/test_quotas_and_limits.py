"""ResourceQuotas and LimitRanges: their rules, and what they do to what is created."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kctl.api.errors import ApiError
from kctl.store.store import Store
from tests.unit.kinds.objects import EPOCH, Object, container, defaulted, faults, plain, row
from tests.unit.kinds.test_admission import Plane


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Plane]:
    with Store.open(tmp_path / "db") as store:
        yield Plane(store)


def _quota(plane: Plane, hard: Object, **spec: Any) -> None:
    plane.make("v1", "ResourceQuota", "q", spec={"hard": hard, **spec})


def _sized(name: str = "web", **resources: Any) -> Object:
    return container(name, resources=resources)


def _refusal(make: Any, *args: Any, **how: Any) -> str:
    with pytest.raises(ApiError) as error:
        make(*args, **how)
    assert error.value.code == 403
    return error.value.message


def test_the_pod_too_many_is_refused(plane: Plane) -> None:
    _quota(plane, {"pods": "2"})
    plane.pod("a")
    plane.pod("b")
    assert _refusal(plane.pod, "c") == (
        'pods "c" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2'
    )


def test_pods_that_ended_leave_room(plane: Plane) -> None:
    _quota(plane, {"pods": "1", "count/pods": "2"})
    made = plane.pod("a")
    made["status"]["phase"] = "Succeeded"
    plane.api.update(made, subresource="status")
    plane.pod("b")
    message = _refusal(plane.pod, "c")
    assert message.endswith(
        "exceeded quota: q, requested: count/pods=1,pods=1, used: count/pods=2,pods=1, "
        "limited: count/pods=2,pods=1"
    )


def test_what_a_quota_counts_must_be_said(plane: Plane) -> None:
    _quota(plane, {"limits.cpu": "2", "requests.memory": "1Gi"})
    message = _refusal(
        plane.pod,
        "a",
        containers=[_sized("one", requests={"memory": "1Mi"}), container("two")],
    )
    assert message == (
        'pods "a" is forbidden: failed quota: q: must specify limits.cpu for: one,two; '
        "requests.memory for: two"
    )


def test_the_sizes_of_containers_add_up(plane: Plane) -> None:
    _quota(plane, {"requests.cpu": "1"})
    two = [_sized("x", requests={"cpu": "300m"}), _sized("y", requests={"cpu": "300m"})]
    plane.pod("a", containers=two)
    assert _refusal(plane.pod, "b", containers=two) == (
        'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=600m, '
        "used: requests.cpu=600m, limited: requests.cpu=1"
    )


def test_an_init_container_counts_where_it_is_larger_than_the_rest(plane: Plane) -> None:
    _quota(plane, {"cpu": "1"})
    spec = {
        "containers": [_sized(requests={"cpu": "100m"})],
        "initContainers": [_sized("first", requests={"cpu": "700m"})],
    }
    plane.pod("a", **spec)
    assert "requested: cpu=700m, used: cpu=700m" in _refusal(plane.pod, "b", **spec)


def test_any_kind_can_be_counted(plane: Plane) -> None:
    _quota(plane, {"count/configmaps": "1", "count/deployments.apps": "0"})
    plane.make("v1", "ConfigMap", "one")
    assert _refusal(plane.make, "v1", "ConfigMap", "two") == (
        'configmaps "two" is forbidden: exceeded quota: q, requested: count/configmaps=1, '
        "used: count/configmaps=1, limited: count/configmaps=1"
    )


def test_an_update_counts_for_what_it_adds(plane: Plane) -> None:
    _quota(plane, {"services": "1", "services.nodeports": "1"})
    made = plane.service("one")
    made = plane.change(made, type="NodePort")
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    assert "requested: services.nodeports=1, used: services.nodeports=1" in _refusal(
        plane.change, made, ports=ports
    )
    plane.change(made, sessionAffinity="ClientIP")


@pytest.mark.parametrize(
    ("spec", "counted", "free"),
    [
        ({"scopes": ["BestEffort"]}, {}, {"containers": [_sized(requests={"cpu": "1m"})]}),
        ({"scopes": ["NotBestEffort"]}, {"containers": [_sized(requests={"cpu": "1m"})]}, {}),
        ({"scopes": ["Terminating"]}, {"activeDeadlineSeconds": 5}, {}),
        ({"scopes": ["NotTerminating"]}, {}, {"activeDeadlineSeconds": 5}),
        (
            {
                "scopeSelector": {
                    "matchExpressions": [
                        {
                            "scopeName": "PriorityClass",
                            "operator": "In",
                            "values": ["system-node-critical"],
                        }
                    ]
                }
            },
            {"priorityClassName": "system-node-critical"},
            {},
        ),
    ],
)
def test_scopes_say_which_pods_count(
    plane: Plane, spec: Object, counted: Object, free: Object
) -> None:
    _quota(plane, {"pods": "0"}, **spec)
    plane.pod("free", **free)
    assert "exceeded quota" in _refusal(plane.pod, "counted", **counted)


def test_a_quota_speaks_of_its_own_namespace(plane: Plane) -> None:
    _quota(plane, {"pods": "0"})
    plane.make("v1", "Namespace", "other")
    spec = {"containers": [container()]}
    obj = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
    assert plane.api.create(obj, namespace="other")["metadata"]["namespace"] == "other"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"hard": {"pods": "3", "limits.cpu": "1", "count/jobs.batch": "4"}}, []),
        (
            {"hard": {"pods": "-1"}},
            ['spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0'],
        ),
        (
            {"hard": {"pods": "1500m"}},
            ['spec.hard[pods]: Invalid value: "1500m": must be an integer'],
        ),
        (
            {"hard": {"cows": "1"}},
            ['spec.hard[cows]: Invalid value: "cows": must be a standard resource for quota'],
        ),
        (
            {"hard": {"pods": "1"}, "scopes": ["Big"]},
            ['spec.scopes: Invalid value: ["Big"]: unsupported scope'],
        ),
        (
            {"hard": {"cpu": "1"}, "scopes": ["BestEffort"]},
            ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
        ),
        (
            {"hard": {"pods": "1"}, "scopes": ["Terminating", "NotTerminating"]},
            [
                'spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes',
            ],
        ),
    ],
)
def test_what_a_quota_may_say(spec: Object, expected: list[str]) -> None:
    assert faults(plain("ResourceQuota", "q", spec=spec)) == expected


def test_the_row_of_a_quota() -> None:
    made = defaulted(plain("ResourceQuota", "q", spec={}))
    hard = {"pods": "2", "limits.cpu": "1", "cpu": "500m"}
    made["status"] = {"hard": hard, "used": {"pods": "1", "limits.cpu": "0", "cpu": "100m"}}
    assert row(made) == ["q", "cpu: 100m/500m, pods: 1/2", "limits.cpu: 0/1", [EPOCH]]


# --- limit ranges ---


def _limits(plane: Plane, **item: Any) -> None:
    plane.make("v1", "LimitRange", "l", spec={"limits": [{"type": "Container", **item}]})


def test_containers_get_the_sizes_of_their_namespace(plane: Plane) -> None:
    _limits(plane, default={"cpu": "500m"}, defaultRequest={"cpu": "100m", "memory": "64Mi"})
    made = plane.pod("a", containers=[container("one"), _sized("two", limits={"cpu": "1"})])
    one, two = made["spec"]["containers"]
    assert one["resources"] == {
        "limits": {"cpu": "500m"},
        "requests": {"cpu": "100m", "memory": "64Mi"},
    }
    assert two["resources"] == {"limits": {"cpu": "1"}, "requests": {"cpu": "1", "memory": "64Mi"}}
    assert made["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == (
        "LimitRanger plugin set: cpu, memory request for container one; cpu limit for container "
        "one; memory request for container two"
    )


def test_what_a_container_gets_follows_from_what_it_may_have() -> None:
    item = {"type": "Container", "max": {"cpu": "2"}, "min": {"memory": "1Mi"}}
    made = defaulted(plain("LimitRange", "l", spec={"limits": [item]}))
    (found,) = made["spec"]["limits"]
    assert found["default"] == {"cpu": "2"}
    assert found["defaultRequest"] == {"cpu": "2", "memory": "1Mi"}


@pytest.mark.parametrize(
    ("item", "resources", "why"),
    [
        (
            {"max": {"cpu": "1"}},
            {"limits": {"cpu": "2"}},
            "maximum cpu usage per Container is 1, but limit is 2",
        ),
        (
            {"min": {"cpu": "1"}, "default": {"cpu": "4"}},
            {"requests": {"cpu": "500m"}},
            "minimum cpu usage per Container is 1, but request is 500m",
        ),
        (
            {"maxLimitRequestRatio": {"cpu": "2"}},
            {"limits": {"cpu": "3"}, "requests": {"cpu": "1"}},
            "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000",
        ),
        (
            {"min": {"cpu": "1"}, "max": {"memory": "1Mi"}},
            {"requests": {"cpu": "500m"}, "limits": {"memory": "2Mi"}},
            "[minimum cpu usage per Container is 1, but request is 500m, "
            "maximum memory usage per Container is 1Mi, but limit is 2Mi]",
        ),
    ],
)
def test_what_is_too_small_or_too_large(
    plane: Plane, item: Object, resources: Object, why: str
) -> None:
    _limits(plane, **item)
    message = _refusal(plane.pod, "a", containers=[_sized(**resources)])
    assert message == f'pods "a" is forbidden: {why}'


def test_the_pod_as_a_whole_has_limits_too(plane: Plane) -> None:
    item = {"type": "Pod", "max": {"memory": "100Mi"}}
    plane.make("v1", "LimitRange", "l", spec={"limits": [item]})
    each: Object = {"limits": {"memory": "60Mi"}}
    plane.pod("one", containers=[_sized(**each)])
    message = _refusal(plane.pod, "two", containers=[_sized("x", **each), _sized("y", **each)])
    assert message.endswith("maximum memory usage per Pod is 100Mi, but limit is 120Mi")


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            {"type": "Container", "min": {"cpu": "2"}, "max": {"cpu": "1"}},
            'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
        ),
        (
            {"type": "Pod", "default": {"cpu": "2"}},
            "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
        ),
        (
            {"type": "Cow"},
            'spec.limits[0].type: Invalid value: "Cow": must be a standard limit type or fully '
            "qualified",
        ),
    ],
)
def test_what_a_limit_range_may_say(item: Object, expected: str) -> None:
    assert expected in faults(plain("LimitRange", "l", spec={"limits": [item]}))
