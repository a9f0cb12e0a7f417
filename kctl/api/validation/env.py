"""Environment variables of containers and where their values come from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kctl.api import names
from kctl.api.fields import FieldError, invalid, not_supported, required
from kctl.api.validation.data import data_key
from kctl.api.validation.paths import no_backsteps
from kctl.api.validation.values import named

Source = Mapping[str, Any]

_NAME = re.compile(r"[ -<>-~]+")
_NAME_TEXT = (
    "a valid environment variable name must consist only of printable ASCII characters "
    "other than '='"
)
_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
VOLUME_FIELDS = (
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
)
_LABELS = frozenset(
    (*_FIELDS, "metadata.annotations", "metadata.labels", "spec.restartPolicy", "status.phase")
)
_RESOURCES = (
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
)
_HUGE = ("limits.hugepages-", "requests.hugepages-")
_SIZES = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")
_SUBSCRIPT = re.compile(r"(.*)\['(.*)'\]")
_ONE_OF = (
    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, "
    "`secretKeyRef` or `fileKeyRef`"
)


def variable_name(name: str) -> list[str]:
    """What is wrong with the name of a variable (IsRelaxedEnvVarName)."""
    if not name:
        return ["environment variable name must be non-empty"]
    return [] if _NAME.fullmatch(name) else [_NAME_TEXT]


def env(variables: Sequence[Source], path: str, errors: list[FieldError]) -> None:
    for at, variable in enumerate(variables):
        name = variable.get("name")
        if not name:
            errors.append(required(f"{path}[{at}].name"))
        elif not _NAME.fullmatch(name):
            errors.append(invalid(f"{path}[{at}].name", name, _NAME_TEXT))
        if variable.get("valueFrom") is not None:
            _value_from(variable, f"{path}[{at}].valueFrom", errors)


def _value_from(variable: Source, path: str, errors: list[FieldError]) -> None:
    source = variable["valueFrom"]
    count = 0
    for name, check in _CHECKS.items():
        if source.get(name) is not None:
            count += 1
            check(source[name], f"{path}.{name}", errors)
    if count == 0:
        errors.append(invalid(path, "", _ONE_OF))
    elif variable.get("value"):
        errors.append(invalid(path, "", "may not be specified when `value` is not empty"))
    elif count > 1:
        text = "may not have more than one field specified at a time"
        errors.append(invalid(path, "", text))


def _env_field(reference: Source, path: str, errors: list[FieldError]) -> None:
    field_ref(reference, path, errors, _FIELDS)


def field_ref(
    reference: Source, path: str, errors: list[FieldError], supported: Sequence[str]
) -> None:
    """A field of the pod; labels and annotations may be subscripted: metadata.labels['a']."""
    if not reference.get("apiVersion"):
        errors.append(required(f"{path}.apiVersion"))
        return
    wanted = reference.get("fieldPath")
    if not wanted:
        errors.append(required(f"{path}.fieldPath"))
        return
    subscripted = _SUBSCRIPT.fullmatch(wanted)
    base = subscripted[1] if subscripted else wanted
    known = base in ("metadata.annotations", "metadata.labels") if subscripted else base in _LABELS
    if not known:
        text = f"error converting fieldPath: field label not supported: {wanted}"
        errors.append(invalid(f"{path}.fieldPath", wanted, text))
    elif subscripted:
        key = subscripted[2].lower() if base == "metadata.annotations" else subscripted[2]
        named(key, path, names.qualified_name, errors)
    elif wanted not in supported:
        errors.append(not_supported(f"{path}.fieldPath", wanted, supported))


def _env_resource(reference: Source, path: str, errors: list[FieldError]) -> None:
    resource_ref(reference, path, errors)


def resource_ref(
    reference: Source, path: str, errors: list[FieldError], *, in_volume: bool = False
) -> None:
    """A container's request or limit, and the unit in which it is given."""
    resource = reference.get("resource") or ""
    if in_volume and not reference.get("containerName"):
        errors.append(required(f"{path}.containerName"))
    elif not resource:
        errors.append(required(f"{path}.resource"))
    elif resource not in _RESOURCES and not resource.startswith(_HUGE):
        errors.append(not_supported(f"{path}.resource", resource, _RESOURCES))
    divisor = str(reference.get("divisor") or "0")
    if divisor != "0":
        _divisor(resource, divisor, f"{path}.divisor", errors)


def _divisor(resource: str, divisor: str, path: str, errors: list[FieldError]) -> None:
    kind = resource.partition(".")[2]
    if kind == "cpu":
        if divisor not in ("1m", "1"):
            text = "only divisor's values 1m and 1 are supported with the cpu resource"
            errors.append(invalid(path, resource, text))
        return
    word = {"memory": "memory", "ephemeral-storage": "local ephemeral storage"}.get(kind)
    if kind.startswith("hugepages-"):
        word = "hugepages"
    if word and divisor not in _SIZES:
        text = f"only divisor's values {', '.join(_SIZES)} are supported with the {word} resource"
        errors.append(invalid(path, resource, text))


def key_ref(reference: Source, path: str, errors: list[FieldError]) -> None:
    """One key of a config map or secret."""
    named(reference.get("name") or "", f"{path}.name", names.dns_subdomain, errors)
    key = reference.get("key")
    if not key:
        errors.append(required(f"{path}.key"))
    else:
        named(key, f"{path}.key", data_key, errors)


def _file_ref(reference: Source, path: str, errors: list[FieldError]) -> None:
    rules: tuple[tuple[str, Callable[[str], list[str]]], ...] = (
        ("key", variable_name),
        ("volumeName", names.dns_label),
        ("path", no_backsteps),
    )
    for name, rule in rules:
        value = reference.get(name)
        if not value:
            errors.append(required(f"{path}.{name}"))
        else:
            named(value, f"{path}.{name}", rule, errors)


_CHECKS: dict[str, Callable[[Source, str, list[FieldError]], None]] = {
    "fieldRef": _env_field,
    "resourceFieldRef": _env_resource,
    "configMapKeyRef": key_ref,
    "secretKeyRef": key_ref,
    "fileKeyRef": _file_ref,
}


def env_from(sources: Sequence[Source], path: str, errors: list[FieldError]) -> None:
    """Whole config maps and secrets as variables; the path of a count is the list's."""
    for at, source in enumerate(sources):
        if source.get("prefix"):
            named(source["prefix"], f"{path}[{at}].prefix", variable_name, errors)
        count = 0
        for name in ("configMapRef", "secretRef"):
            reference = source.get(name)
            if reference is None:
                continue
            count += 1
            if not reference.get("name"):
                errors.append(required(f"{path}[{at}].{name}.name"))
            else:
                named(reference["name"], f"{path}[{at}].{name}.name", names.dns_subdomain, errors)
        if count == 0:
            errors.append(invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"))
        elif count > 1:
            text = "may not have more than one field specified at a time"
            errors.append(invalid(path, "", text))
