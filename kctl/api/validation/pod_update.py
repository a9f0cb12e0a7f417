"""What an update may change in a pod: images, and a few numbers and lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api.fields import FieldError, forbidden, invalid
from kctl.api.validation.diff import difference
from kctl.api.validation.values import MAX_INT32, immutable

Spec = Mapping[str, Any]

_UPDATABLE = ",".join(
    (
        "`spec.containers[*].image`",
        "`spec.initContainers[*].image`",
        "`spec.activeDeadlineSeconds`",
        "`spec.tolerations` (only additions to existing tolerations)",
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously "
        "negative)",
    )
)
_CONTAINERS = ("containers", "initContainers")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def validate_pod_update(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[FieldError]:
    """The binding to a node is made by the scheduler through the same door: spec.nodeName
    may be set once, with the gates lifted."""
    errors: list[FieldError] = []
    after, before = new["spec"], old["spec"]
    if after is not before and after != before:
        _spec(after, before, errors)
    _status(new.get("status") or {}, old.get("status") or {}, errors)
    return errors


def _spec(after: Spec, before: Spec, errors: list[FieldError]) -> None:
    for name in _CONTAINERS:
        if len(after.get(name) or ()) != len(before.get(name) or ()):
            text = "pod updates may not add or remove containers"
            errors.append(forbidden(f"spec.{name}", text))
            return
    if not _deadline(after, before, errors):
        return
    _tolerations(after.get("tolerations") or (), before.get("tolerations") or (), errors)
    _gates(after, before, errors)
    munged = _with_old_values(after, before, errors)
    if munged != dict(before):
        text = f"pod updates may not change fields other than {_UPDATABLE}"
        errors.append(forbidden("spec", f"{text}\n{difference(before, munged)}"))


def _deadline(after: Spec, before: Spec, errors: list[FieldError]) -> bool:
    """activeDeadlineSeconds may be set and lowered; false ends the checks."""
    where = "spec.activeDeadlineSeconds"
    value, was = after.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds")
    if value is None:
        if was is not None:
            text = "must not update from a positive integer to nil value"
            errors.append(invalid(where, None, text))
        return True
    if not 0 <= value <= MAX_INT32:
        errors.append(invalid(where, value, f"must be between 0 and {MAX_INT32}, inclusive"))
        return False
    if was is not None and was < value:
        text = "must be less than or equal to previous value"
        errors.append(invalid(where, value, text))
        return False
    return True


def _tolerations(after: Any, before: Any, errors: list[FieldError]) -> None:
    kept = [_without_seconds(each) for each in after]
    if any(_without_seconds(each) not in kept for each in before):
        text = "existing toleration can not be modified except its tolerationSeconds"
        errors.append(forbidden("spec.tolerations", text))


def _without_seconds(toleration: Spec) -> Spec:
    return {name: value for name, value in toleration.items() if name != "tolerationSeconds"}


def _gates(after: Spec, before: Spec, errors: list[FieldError]) -> None:
    known = {gate.get("name") for gate in before.get("schedulingGates") or ()}
    for at, gate in enumerate(after.get("schedulingGates") or ()):
        if gate.get("name") not in known:
            text = f"only deletion is allowed, but found new scheduling gate '{gate.get('name')}'"
            errors.append(forbidden(f"spec.schedulingGates[{at}].name", text))


def _with_old_values(after: Spec, before: Spec, errors: list[FieldError]) -> dict[str, Any]:
    """The new spec with what may change set back, so that only the rest differs."""
    munged = dict(after)
    for name in _CONTAINERS:
        if after.get(name):
            munged[name] = [
                {**new, "image": old.get("image")}
                for new, old in zip(after[name], before[name], strict=True)
            ]
    for name in ("activeDeadlineSeconds", "schedulingGates", "tolerations"):
        _put_back(munged, before, name)
    was_negative = (before.get("terminationGracePeriodSeconds") or 0) < 0
    if was_negative and munged.get("terminationGracePeriodSeconds") == 1:
        _put_back(munged, before, "terminationGracePeriodSeconds")
    if not before.get("nodeName") and after.get("nodeName"):
        _put_back(munged, before, "nodeName")
    if before.get("schedulingGates"):
        _gated(munged, before, errors)
    return munged


def _put_back(munged: dict[str, Any], before: Spec, name: str) -> None:
    munged.pop(name, None)
    if name in before:
        munged[name] = before[name]


def _gated(munged: dict[str, Any], before: Spec, errors: list[FieldError]) -> None:
    """While gates keep a pod from being scheduled, where it may run may be narrowed."""
    selector, was = munged.get("nodeSelector") or {}, before.get("nodeSelector") or {}
    if any(selector.get(name) != value for name, value in was.items()):
        text = "only additions to spec.nodeSelector are allowed (no mutations or deletions)"
        errors.append(invalid("spec.nodeSelector", munged.get("nodeSelector"), text))
    _put_back(munged, before, "nodeSelector")
    _gated_affinity(munged, before, errors)


def _gated_affinity(munged: dict[str, Any], before: Spec, errors: list[FieldError]) -> None:
    affinity, was = munged.get("affinity") or {}, before.get("affinity") or {}
    _narrowed(_terms(affinity), _terms(was), errors)
    kept = {name: value for name, value in affinity.items() if name != "nodeAffinity"}
    if "nodeAffinity" in was:
        kept["nodeAffinity"] = was["nodeAffinity"]
    munged.pop("affinity", None)
    if kept or "affinity" in before:
        munged["affinity"] = kept


def _terms(affinity: Spec) -> list[Spec]:
    needed = (affinity.get("nodeAffinity") or {}).get(_REQUIRED) or {}
    return list(needed.get("nodeSelectorTerms") or ())


def _narrowed(after: list[Spec], before: list[Spec], errors: list[FieldError]) -> None:
    """Each term may be given further requirements, and no term may come or go."""
    where = f"spec.affinity.nodeAffinity.{_REQUIRED}.nodeSelectorTerms"
    if before and len(before) != len(after):
        text = "no additions/deletions to non-empty NodeSelectorTerms list are allowed"
        errors.append(invalid(where, after, text))
        return
    for at, (old, new) in enumerate(zip(before, after, strict=False)):
        if not _only_added(new, old):
            text = "only additions are allowed (no mutations or deletions)"
            errors.append(invalid(f"{where}[{at}]", new, text))


def _only_added(new: Spec, old: Spec) -> bool:
    names = ("matchExpressions", "matchFields")
    if not any(old.get(name) for name in names):
        return not any(new.get(name) for name in names)
    return all(
        list(new.get(name) or ())[: len(old.get(name) or ())] == list(old.get(name) or ())
        for name in names
    )


def _status(after: Spec, before: Spec, errors: list[FieldError]) -> None:
    if after is before or after == before:
        return
    if before.get("qosClass") and after.get("qosClass"):
        errors += immutable(after["qosClass"], before["qosClass"], "status.qosClass")
