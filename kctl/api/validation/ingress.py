"""Ingresses (ValidateIngress of networking.k8s.io/v1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api import names
from kctl.api.fields import FieldError, invalid, not_supported, required
from kctl.api.validation.values import PORT_RANGE, is_ip, named, port_name

Spec = Mapping[str, Any]

CLASS = "kubernetes.io/ingress.class"
PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_SEQUENCES = ("//", "/./", "/../", "%2f", "%2F")
_ENDS = ("/..", "/.")
_ABSOLUTE = "must be an absolute path"


def ingress_create(obj: Mapping[str, Any]) -> list[FieldError]:
    """A new one names its class in one place."""
    word = (obj["metadata"].get("annotations") or {}).get(CLASS)
    if word is None or (obj.get("spec") or {}).get("ingressClassName") is None:
        return []
    text = "can not be set when the class field is also set"
    return [invalid(f"annotations.{CLASS}", word, text)]


def ingress(obj: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    spec = obj.get("spec") or {}
    rules, default = spec.get("rules") or (), spec.get("defaultBackend")
    if not rules and default is None:
        text = "either `defaultBackend` or `rules` must be specified"
        errors.append(invalid("spec", None, text))
    if default is not None:
        backend(default, "spec.defaultBackend", errors)
    for at, rule in enumerate(rules):
        _host(rule.get("host") or "", f"spec.rules[{at}].host", errors)
        if rule.get("http") is not None:
            # the paths of every rule are told as those of the first, as the API server does
            _paths(rule["http"].get("paths") or (), "spec.rules[0].http.paths", errors)
    for at, each in enumerate(spec.get("tls") or ()):
        for number, host in enumerate(each.get("hosts") or ()):
            _name(host, f"spec.tls[{at}].hosts[{number}]", errors)
    word = spec.get("ingressClassName")
    if word is not None:
        named(word, "spec.ingressClassName", names.dns_subdomain, errors)
    return errors


def _host(host: str, path: str, errors: list[FieldError]) -> None:
    if not host:
        return
    if is_ip(host):
        errors.append(invalid(path, host, "must be a DNS name, not an IP address"))
    _name(host, path, errors)


def _name(host: str, path: str, errors: list[FieldError]) -> None:
    named(host, path, names.wildcard_subdomain if "*" in host else names.dns_subdomain, errors)


def _paths(paths: Sequence[Spec], where: str, errors: list[FieldError]) -> None:
    if not paths:
        errors.append(required(where))
    for at, each in enumerate(paths):
        _path(each, f"{where}[{at}]", errors)


def _path(each: Spec, where: str, errors: list[FieldError]) -> None:
    kind, path = each.get("pathType"), each.get("path") or ""
    if kind is None:
        errors.append(required(f"{where}.pathType", "pathType must be specified"))
        return
    if kind in ("Exact", "Prefix"):
        if not path.startswith("/"):
            errors.append(invalid(f"{where}.path", path, _ABSOLUTE))
        for text in _SEQUENCES:
            if text in path:
                errors.append(invalid(f"{where}.path", path, f"must not contain '{text}'"))
        for text in _ENDS:
            if path.endswith(text):
                errors.append(invalid(f"{where}.path", path, f"cannot end with '{text}'"))
    elif kind == "ImplementationSpecific":
        if path and not path.startswith("/"):
            errors.append(invalid(f"{where}.path", path, _ABSOLUTE))
    else:
        errors.append(not_supported(f"{where}.pathType", kind, PATH_TYPES))
    backend(each.get("backend") or {}, f"{where}.backend", errors)


def backend(value: Spec, path: str, errors: list[FieldError]) -> None:
    service, resource = value.get("service"), value.get("resource")
    if service is not None and resource is not None:
        errors.append(invalid(path, "", "cannot set both resource and service backends"))
    elif resource is not None:
        _resource(resource, f"{path}.resource", errors)
    elif service is not None:
        _service(service, path, errors)
    else:
        errors.append(invalid(path, "", "resource or service backend is required"))


def _resource(value: Spec, path: str, errors: list[FieldError]) -> None:
    if value.get("apiGroup") is not None:
        named(value["apiGroup"], f"{path}.apiGroup", names.dns_subdomain, errors)
    for name in ("kind", "name"):
        if not value.get(name):
            errors.append(required(f"{path}.{name}"))
        else:
            named(value[name], f"{path}.{name}", names.path_segment, errors)


def _service(value: Spec, path: str, errors: list[FieldError]) -> None:
    name, port = value.get("name") or "", value.get("port") or {}
    if not name:
        errors.append(required(f"{path}.service.name"))
    else:
        named(name, f"{path}.service.name", names.dns_label1035, errors)
    word, number = port.get("name") or "", port.get("number") or 0
    if word and number:
        errors.append(invalid(path, "", "cannot set both port name & port number"))
    elif word:
        named(word, f"{path}.service.port.name", port_name, errors)
    elif number:
        if not 1 <= number <= 65535:
            errors.append(invalid(f"{path}.service.port.number", number, PORT_RANGE))
    else:
        errors.append(required(path, "port name or number is required"))
