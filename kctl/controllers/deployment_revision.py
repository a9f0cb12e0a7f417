"""Revisions of a deployment: which replica set is which, and the annotations that say so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kctl.controllers import deployment_replicas as replicas
from kctl.controllers.types import Object

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
HASH_LABEL = "pod-template-hash"
_NOT_COPIED = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        REVISION,
        HISTORY,
        replicas.DESIRED,
        replicas.MAX,
        "deprecated.deployment.rollback.to",
    }
)
_HISTORY_LENGTH = 2000
"""Characters of the list of former revisions, as Kubernetes bounds it."""


def revision_of(obj: Object) -> int:
    text = (obj["metadata"].get("annotations") or {}).get(REVISION, "0")
    return int(text) if text.isascii() and text.isdigit() else 0


def max_revision(replica_sets: Sequence[Object]) -> int:
    return max(map(revision_of, replica_sets), default=0)


def same_template(deployment: Object, replica_set: Object) -> bool:
    """Whether a replica set stands for the template that the deployment has now: the
    templates are alike apart from the hash label and from what is empty."""
    return bool(template_core(deployment) == template_core(replica_set))


def template_core(obj: Object) -> Any:
    """A pod template without the hash label and without empty fields."""
    template = dict(obj["spec"]["template"])
    metadata = dict(template.get("metadata") or {})
    labels = dict(metadata.get("labels") or {})
    labels.pop(HASH_LABEL, None)
    metadata["labels"] = labels
    metadata.pop("creationTimestamp", None)
    template["metadata"] = metadata
    return _pruned(template)


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        pruned = {name: _pruned(each) for name, each in value.items()}
        return {name: each for name, each in pruned.items() if each not in (None, {}, [])}
    if isinstance(value, list):
        return [_pruned(each) for each in value]
    return value


def annotate_new(deployment: Object, replica_set: Object, revision: int, *, exists: bool) -> None:
    """Copy the deployment's annotations and set the revision, remembering former ones."""
    annotations = dict(replica_set["metadata"].get("annotations") or {})
    for name, value in (deployment["metadata"].get("annotations") or {}).items():
        if name not in _NOT_COPIED:
            annotations[name] = value
    former = revision_of(replica_set)
    if former < revision:
        annotations[REVISION] = str(revision)
        if former and exists:
            annotations[HISTORY] = _remembered(annotations.get(HISTORY, ""), former)
    replica_set["metadata"]["annotations"] = annotations


def _remembered(history: str, revision: int) -> str:
    revisions = [*filter(None, history.split(",")), str(revision)]
    while len(revisions) > 1 and len(",".join(revisions)) > _HISTORY_LENGTH:
        revisions.pop(0)
    return ",".join(revisions)


def set_sizes(deployment: Object, replica_set: Object) -> None:
    """Note the wanted and the greatest number, which proportional scaling starts from."""
    annotations = replica_set["metadata"].setdefault("annotations", {})
    wanted = replicas.wanted(deployment)
    annotations[replicas.DESIRED] = str(wanted)
    annotations[replicas.MAX] = str(wanted + replicas.max_surge(deployment))
