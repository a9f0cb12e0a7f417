"""The ephemeralcontainers subresource of a pod: containers may come, and then stay as they are
(ValidatePodEphemeralContainersUpdate)."""

from __future__ import annotations

from typing import Any

from kctl.api.fields import FieldError, forbidden
from kctl.api.validation.diff import difference

Object = dict[str, Any]

_PATH = "spec.ephemeralContainers"
_MIRROR = "kubernetes.io/config.mirror"


def only_ephemeral(new: Object, old: Object) -> Object:
    """`old` with the ephemeral containers of `new`."""
    spec = {name: value for name, value in old["spec"].items() if name != "ephemeralContainers"}
    listed = (new.get("spec") or {}).get("ephemeralContainers")
    if listed:
        spec["ephemeralContainers"] = listed
    return {**old, "spec": spec}


def validate_ephemeral_update(new: Object, old: Object) -> list[FieldError]:
    if _MIRROR in (old["metadata"].get("annotations") or {}):
        return [forbidden("", "static pods do not support ephemeral containers")]
    errors: list[FieldError] = []
    after = {each.get("name"): each for each in new["spec"].get("ephemeralContainers") or ()}
    for before in old["spec"].get("ephemeralContainers") or ():
        name = before["name"]
        found = after.get(name)
        words = f'existing ephemeral containers "{name}" may not be'
        if found is None:
            errors.append(forbidden(_PATH, f"{words} removed\n"))
        elif found != before:
            errors.append(forbidden(_PATH, f"{words} changed\n{difference(before, found)}"))
    return errors
