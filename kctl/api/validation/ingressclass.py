"""Ingress classes (ValidateIngressClass of networking.k8s.io/v1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api import names
from kctl.api.fields import FieldError, forbidden, invalid, not_supported, required
from kctl.api.validation.values import immutable, named

_LONGEST = 250
_SCOPES = ("Cluster", "Namespace")


def ingressclass(obj: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    spec = obj.get("spec") or {}
    _controller(spec.get("controller") or "", "spec.controller", errors)
    if spec.get("parameters") is not None:
        _parameters(spec["parameters"], "spec.parameters", errors)
    return errors


def ingressclass_update(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[FieldError]:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    return immutable(after.get("controller"), before.get("controller"), "spec.controller")


def _controller(value: str, path: str, errors: list[FieldError]) -> None:
    if len(value) > _LONGEST:
        text = f"may not be more than {_LONGEST} bytes"
        errors.append(FieldError("FieldValueTooLong", path, text))
    domain, slash, rest = value.partition("/")
    if not value:
        errors.append(required(path))
    elif not slash or not domain or not rest:
        text = 'must be a domain-prefixed path (such as "acme.io/foo")'
        errors.append(invalid(path, value, text))
    else:
        named(domain, path, names.dns_subdomain, errors)


def _parameters(value: Mapping[str, Any], path: str, errors: list[FieldError]) -> None:
    if value.get("apiGroup") is not None:
        named(value["apiGroup"], f"{path}.apiGroup", names.dns_subdomain, errors)
    for name in ("kind", "name"):
        if not value.get(name):
            errors.append(required(f"{path}.{name}"))
        else:
            named(value[name], f"{path}.{name}", names.path_segment, errors)
    scope, namespace = value.get("scope") or "", value.get("namespace")
    if scope not in _SCOPES:
        errors.append(not_supported(f"{path}.scope", scope, _SCOPES))
    if scope == "Namespace":
        if not namespace:
            text = "`parameters.scope` is set to 'Namespace'"
            errors.append(required(f"{path}.namespace", text))
        else:
            named(namespace, f"{path}.namespace", names.dns_label, errors)
    elif scope == "Cluster" and namespace is not None:
        text = "`parameters.scope` is set to 'Cluster'"
        errors.append(forbidden(f"{path}.namespace", text))
