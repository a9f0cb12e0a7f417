"""Requests and limits of containers and pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api import names, quantity
from kctl.api.fields import FieldError, duplicate, forbidden, invalid, not_supported, required
from kctl.api.validation.values import NON_NEGATIVE, named

_CONTAINER = frozenset(("cpu", "memory", "ephemeral-storage"))
STANDARD = _CONTAINER | {
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "services.nodeports",
    "services.loadbalancers",
}
INTEGERS = frozenset(
    (
        "pods",
        "services",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "services.nodeports",
        "services.loadbalancers",
    )
)
_HUGE = "hugepages-"
_POD_LEVEL = ("cpu", "memory")


def is_native(name: str) -> bool:
    """Unprefixed, or in a domain of Kubernetes' own."""
    return "/" not in name or "kubernetes.io/" in name


def is_extended(name: str) -> bool:
    """ "example.com/gpu": counted in whole units, never overcommitted."""
    if is_native(name) or name.startswith("requests."):
        return False
    return not names.qualified_name(f"requests.{name}")


def overcommit_allowed(name: str) -> bool:
    return is_native(name) and not name.startswith(_HUGE)


def requirements(
    value: Mapping[str, Any],
    path: str,
    claims: Sequence[str],
    errors: list[FieldError],
    *,
    whole_pod: bool = False,
) -> None:
    """ResourceRequirements; `claims` are the names in spec.resourceClaims."""
    limits, requests = value.get("limits") or {}, value.get("requests") or {}
    for name, amount in limits.items():
        where = f"{path}.limits[{name}]"
        _name(name, where, whole_pod, errors)
        amount_of(name, amount, where, errors)
    for name, amount in requests.items():
        where = f"{path}.requests[{name}]"
        _name(name, where, whole_pod, errors)
        amount_of(name, amount, where, errors)
        _against_limit(name, amount, limits, path, errors)
    asked = {*limits, *requests}
    if any(name.startswith(_HUGE) for name in asked) and not asked & {"cpu", "memory"}:
        errors.append(forbidden(path, "HugePages require cpu or memory"))
    if value.get("claims"):
        _claims(value["claims"], f"{path}.claims", claims, errors)


def _name(name: str, path: str, whole_pod: bool, errors: list[FieldError]) -> None:
    if name in _CONTAINER and not whole_pod:
        return
    texts = names.qualified_name(name)
    if texts:
        named(name, path, names.qualified_name, errors)
        if whole_pod:
            return
    elif "/" not in name and name not in STANDARD and not name.startswith(_HUGE):
        text = "must be a standard resource type or fully qualified"
        errors.append(invalid(path, name, text))
        if whole_pod:
            return
    if whole_pod:
        if name not in _POD_LEVEL and not name.startswith(_HUGE):
            errors.append(not_supported(path, name, _POD_LEVEL))
    elif "/" not in name:
        if not name.startswith(_HUGE):
            errors.append(invalid(path, name, "must be a standard resource for containers"))
    elif not is_native(name) and not is_extended(name):
        errors.append(invalid(path, name, "doesn't follow extended resource name standard"))


def amount_of(name: str, amount: Any, path: str, errors: list[FieldError]) -> None:
    """A quantity that is not negative, and whole where the resource is counted."""
    text = str(amount)
    try:
        number = quantity.parse(text)
    except ValueError as error:
        errors.append(invalid(path, text, str(error)))
        return
    if number < 0:
        errors.append(invalid(path, quantity.canonical(text), NON_NEGATIVE))
    if name in _CONTAINER:
        return
    if (name in INTEGERS or is_extended(name)) and number != int(number):
        errors.append(invalid(path, quantity.canonical(text), "must be an integer"))
    if name.startswith(_HUGE):
        _huge_pages(name, text, path, errors)


def _huge_pages(name: str, text: str, path: str, errors: list[FieldError]) -> None:
    try:
        page = quantity.parse(name[len(_HUGE) :])
    except ValueError:
        page = quantity.parse("0")
    if page <= 0 or quantity.parse(text) % page:
        shown = quantity.canonical(text)
        errors.append(invalid(path, shown, f"{shown} is not positive integer multiple of {name}"))


def _against_limit(
    name: str, amount: Any, limits: Mapping[str, Any], path: str, errors: list[FieldError]
) -> None:
    """A request stays within its limit; what cannot be overcommitted equals it."""
    limit = limits.get(name)
    if limit is None:
        if not overcommit_allowed(name):
            text = "Limit must be set for non overcommitable resources"
            errors.append(required(f"{path}.limits", text))
        return
    if limit == amount:
        return
    try:
        asked, most = quantity.parse(str(amount)), quantity.parse(str(limit))
    except ValueError:
        return  # reported by amount_of
    exactly = not overcommit_allowed(name)
    if asked > most or (exactly and asked != most):
        words = "must be equal to" if exactly else "must be less than or equal to"
        text = f"{words} {name} limit of {quantity.canonical(str(limit))}"
        errors.append(invalid(f"{path}.requests", quantity.canonical(str(amount)), text))


def _claims(
    listed: Sequence[Mapping[str, Any]],
    path: str,
    known: Sequence[str],
    errors: list[FieldError],
) -> None:
    seen: set[str] = set()
    for at, claim in enumerate(listed):
        name, here = claim.get("name") or "", f"{path}[{at}]"
        if not name:
            errors.append(required(here))
            continue
        key = f"{name}/{claim['request']}" if claim.get("request") else name
        if name in seen or key in seen:
            errors.append(duplicate(here, name))
        elif claim.get("request"):
            named(claim["request"], f"{here}.request", names.dns_label, errors)
        elif any(each.partition("/")[0] == name for each in seen):
            errors.append(duplicate(here, name))
        seen.add(key)
        if name not in known:
            where = f": {', '.join(sorted(known))}" if known else " which is empty"
            text = f"must be one of the names in pod.spec.resourceClaims{where}"
            errors.append(FieldError("FieldValueNotFound", here, text, f'"{name}"'))


def resize_policy(
    policies: Sequence[Mapping[str, Any]], path: str, restart: str, errors: list[FieldError]
) -> None:
    """How a container is resized; `restart` is the restart policy of the pod."""
    seen: set[str] = set()
    for at, policy in enumerate(policies):
        name, action = policy.get("resourceName") or "", policy.get("restartPolicy") or ""
        if name in seen:
            errors.append(duplicate(f"{path}[{at}]", name))
        seen.add(name)
        for value, supported in ((name, _POD_LEVEL), (action, ("NotRequired", "RestartContainer"))):
            if not value:
                errors.append(required(path))
            elif value not in supported:
                errors.append(not_supported(path, value, supported))
        if restart == "Never" and action != "NotRequired":
            text = "must be 'NotRequired' when `restartPolicy` is 'Never'"
            errors.append(invalid(path, action, text))
