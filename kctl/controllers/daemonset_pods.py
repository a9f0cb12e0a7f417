"""The pods of a daemon set: which nodes are to have one, and how it gets there.

https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/
"""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from kctl.api.kinds.apps.daemonset import GENERATION
from kctl.controllers.common import (
    free_name,
    generated_prefix,
    name_of,
    namespace_of,
    owner_reference,
    uid_of,
)
from kctl.controllers.revisions import HASH
from kctl.controllers.types import Object, View
from kctl.scheduler.filters.node_affinity import NodeAffinity
from kctl.scheduler.taints import untolerated

PODS = "pods"
_STAY = (
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
)
"""What the pods of a daemon set tolerate besides what their template says."""

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def node_of(pod: Object) -> str:
    """Where a pod is, or the one node that it may go to."""
    if pod["spec"].get("nodeName"):
        return str(pod["spec"]["nodeName"])
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    for term in (affinity.get(_REQUIRED) or {}).get("nodeSelectorTerms") or ():
        for each in term.get("matchFields") or ():
            if each["key"] == "metadata.name" and each["operator"] == "In":
                return str(each["values"][0])
    return ""


def belongs(daemon_set: Object, node: Object) -> tuple[bool, bool]:
    """(a pod is to be made there, one that is there may stay)."""
    spec = daemon_set["spec"]["template"].get("spec") or {}
    if spec.get("nodeName") not in (None, "", name_of(node)):
        return False, False
    if not NodeAffinity().admits({"spec": spec}, node):
        return False, False
    taints = node["spec"].get("taints") or ()
    tolerations = _tolerations(spec)
    stays = untolerated(taints, tolerations, frozenset({"NoExecute"})) is None
    fits = untolerated(taints, tolerations, frozenset({"NoSchedule", "NoExecute"})) is None
    return fits, stays


def _tolerations(spec: Object) -> list[Any]:
    wanted = list(_STAY)
    if spec.get("hostNetwork"):
        wanted.append(("network-unavailable", "NoSchedule"))
    added = [
        {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": effect}
        for key, effect in wanted
    ]
    given = list(spec.get("tolerations") or ())
    return given + [each for each in added if each not in given]


def new_pod(daemon_set: Object, node: str, word: str, view: View, now: datetime) -> Object:
    """A pod for a node, of the revision `word`."""
    template = daemon_set["spec"]["template"]
    metadata = copy.deepcopy(template.get("metadata") or {})
    metadata.pop("creationTimestamp", None)
    prefix = generated_prefix(name_of(daemon_set))
    parts = (uid_of(daemon_set), now.timestamp(), node)
    annotations = daemon_set["metadata"].get("annotations") or {}
    metadata.update(
        name=free_name(view, PODS, namespace_of(daemon_set), prefix, *parts),
        generateName=prefix,
        namespace=namespace_of(daemon_set),
        ownerReferences=[owner_reference(daemon_set)],
        labels={
            **(metadata.get("labels") or {}),
            HASH: word,
            "pod-template-generation": annotations.get(GENERATION, "1"),
        },
    )
    spec = copy.deepcopy(template.get("spec") or {})
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    affinity = spec.setdefault("affinity", {})
    own = affinity.setdefault("nodeAffinity", {})
    own[_REQUIRED] = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    spec["tolerations"] = _tolerations(spec)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
