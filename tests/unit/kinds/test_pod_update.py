"""What an update may change in a pod."""

from __future__ import annotations

import copy
from typing import Any

from tests.unit.kinds.objects import KINDS, Object, container, defaulted, pod, update_faults

_OTHER = (
    "spec: Forbidden: pod updates may not change fields other than "
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    "`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously "
    "negative)\n"
)


def _change(change: dict[str, Any], **spec: Any) -> list[str]:
    """What the update of a pod made with `spec` is told when `change` goes over its spec."""
    old = defaulted(pod(**spec))
    new = copy.deepcopy(old)
    new["spec"].update(copy.deepcopy(change))
    return update_faults(old, new)


def test_nothing_changed() -> None:
    assert _change({}) == []


def test_images_may_change() -> None:
    old = defaulted(pod(initContainers=[container("init")]))
    new = copy.deepcopy(old)
    new["spec"]["containers"][0]["image"] = "nginx:1.26"
    new["spec"]["initContainers"][0]["image"] = "nginx:1.26"
    assert update_faults(old, new) == []


def test_other_fields_may_not() -> None:
    (text,) = _change({"hostname": "other"})
    assert text.startswith(_OTHER)
    assert '+  "hostname": "other",\n' in text


def test_containers_are_not_added() -> None:
    assert _change({"containers": [container(), container("more")]}) == [
        "spec.containers: Forbidden: pod updates may not add or remove containers"
    ]


def test_the_deadline_may_only_shrink() -> None:
    assert _change({"activeDeadlineSeconds": 5}) == []
    assert _change({"activeDeadlineSeconds": 5}, activeDeadlineSeconds=9) == []
    assert _change({"activeDeadlineSeconds": 9}, activeDeadlineSeconds=5) == [
        "spec.activeDeadlineSeconds: Invalid value: 9: must be less than or equal to previous value"
    ]
    old = defaulted(pod(activeDeadlineSeconds=5))
    new = copy.deepcopy(old)
    del new["spec"]["activeDeadlineSeconds"]
    assert update_faults(old, new) == [
        "spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive "
        "integer to nil value"
    ]


def test_tolerations_may_only_grow() -> None:
    one = {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 3}
    two = {"key": "b", "operator": "Exists"}
    later = {**one, "tolerationSeconds": 9}
    assert _change({"tolerations": [later, two]}, tolerations=[one]) == []
    assert _change({"tolerations": [two]}, tolerations=[one]) == [
        "spec.tolerations: Forbidden: existing toleration can not be modified except its "
        "tolerationSeconds"
    ]


def test_gates_are_only_lifted() -> None:
    gates = [{"name": "a"}, {"name": "b"}]
    assert _change({"schedulingGates": gates[:1]}, schedulingGates=gates) == []
    assert _change({"schedulingGates": [{"name": "c"}]}, schedulingGates=gates) == [
        "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new "
        "scheduling gate 'c'"
    ]


def test_a_gated_pod_may_be_narrowed() -> None:
    gated: Object = {"schedulingGates": [{"name": "a"}], "nodeSelector": {"a": "b"}}
    assert _change({"nodeSelector": {"a": "b", "c": "d"}}, **gated) == []
    assert _change({"nodeSelector": {"a": "x"}}, **gated) == [
        'spec.nodeSelector: Invalid value: {"a":"x"}: only additions to spec.nodeSelector are '
        "allowed (no mutations or deletions)"
    ]


def _affinity(*terms: Object) -> Object:
    needed = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [*terms]}}
    return {"nodeAffinity": needed}


def test_the_affinity_of_a_gated_pod_may_be_narrowed() -> None:
    one = {"key": "a", "operator": "Exists"}
    two = {"key": "b", "operator": "Exists"}
    gates: Object = {"schedulingGates": [{"name": "a"}]}
    before = {**gates, "affinity": _affinity({"matchExpressions": [one]})}
    assert _change({"affinity": _affinity({"matchExpressions": [one]})}, **gates) == []
    assert _change({"affinity": _affinity({"matchExpressions": [one, two]})}, **before) == []
    path = (
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution."
        "nodeSelectorTerms"
    )
    (text,) = _change({"affinity": _affinity({"matchExpressions": [two]})}, **before)
    assert text.startswith(f"{path}[0]: Invalid value: ")
    assert text.endswith(": only additions are allowed (no mutations or deletions)")
    (text,) = _change({"affinity": None}, **before)
    assert text == (
        f"{path}: Invalid value: []: no additions/deletions to non-empty NodeSelectorTerms list "
        "are allowed"
    )
    other = {"affinity": {**_affinity({"matchExpressions": [one]}), "podAffinity": {}}}
    assert _change(other, **before)[0].startswith(_OTHER)
    ungated = {"affinity": _affinity({"matchExpressions": [one]})}
    assert _change({"affinity": _affinity({"matchExpressions": [one, two]})}, **ungated)[
        0
    ].startswith(_OTHER)


def test_a_negative_grace_may_be_mended() -> None:
    before = {"terminationGracePeriodSeconds": -1}
    assert _change({"terminationGracePeriodSeconds": 1}, **before) == []
    assert _change({"terminationGracePeriodSeconds": 5}, **before)[0].startswith(_OTHER)


def test_a_pod_is_bound_once() -> None:
    assert _change({"nodeName": "one"}) == []
    assert _change({"nodeName": "two"}, nodeName="one")[0].startswith(_OTHER)


def test_the_class_of_service_stays() -> None:
    old = defaulted(pod())
    new = copy.deepcopy(old)
    new["status"]["qosClass"] = "Guaranteed"
    told = [str(each) for each in KINDS["Pod"].validate_update(new, old)]
    assert told == ['status.qosClass: Invalid value: "Guaranteed": field is immutable']


def test_an_update_does_not_touch_the_status() -> None:
    old = defaulted(pod())
    new = copy.deepcopy(old)
    new["status"] = {"phase": "Failed"}
    assert update_faults(old, new) == []
    assert new["status"] == old["status"]
