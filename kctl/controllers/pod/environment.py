"""The environment of a container: envFrom, env with its references, service variables.

Later settings win over earlier ones: envFrom in order, then env in order; variables of
services give way to both. https://kubernetes.io/docs/concepts/configuration/
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from kctl.controllers.pod.expansion import expand
from kctl.controllers.pod.fields import NoSuchField, PodFields
from kctl.controllers.pod.service_links import service_variables
from kctl.controllers.types import Object, View


class Missing(Exception):
    """A reference that leads nowhere; the message is the kubelet's."""


def environment(
    pod: Object, container: Mapping[str, Any], view: View, fields: PodFields
) -> tuple[tuple[str, str], ...]:
    """(name, value) in order. Raises Missing."""
    namespace = pod["metadata"]["namespace"]
    services = service_variables(view, namespace, pod["spec"].get("enableServiceLinks", True))
    values: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        prefix = source.get("prefix") or ""
        data = _whole(source, namespace, view)
        values.update({prefix + name: data[name] for name in sorted(data)})
    for variable in container.get("env") or ():
        name = variable["name"]
        value = _value(variable, container["name"], namespace, view, fields, {**services, **values})
        if value is not None:
            values.pop(name, None)
            values[name] = value
    links = {name: value for name, value in services.items() if name not in values}
    return (*links.items(), *values.items())


def _value(
    variable: Mapping[str, Any],
    container: str,
    namespace: str,
    view: View,
    fields: PodFields,
    known: Mapping[str, str],
) -> str | None:
    """None where an optional reference leads nowhere."""
    if variable.get("value"):
        return expand(variable["value"], known)
    source = variable.get("valueFrom") or {}
    try:
        if "fieldRef" in source:
            return fields.field(source["fieldRef"]["fieldPath"])
        if "resourceFieldRef" in source:
            return fields.resource(source["resourceFieldRef"], container)
    except NoSuchField as error:
        raise Missing(str(error)) from None
    if "configMapKeyRef" in source:
        return _key(source["configMapKeyRef"], "ConfigMap", namespace, view)
    if "secretKeyRef" in source:
        return _key(source["secretKeyRef"], "Secret", namespace, view)
    return ""


def _key(reference: Mapping[str, Any], kind: str, namespace: str, view: View) -> str | None:
    data = _data(reference, kind, namespace, view)
    if data is None:
        return None
    key = reference["key"]
    if key not in data:
        if reference.get("optional"):
            return None
        raise Missing(f"couldn't find key {key} in {kind} {namespace}/{reference['name']}")
    return data[key]


def _whole(source: Mapping[str, Any], namespace: str, view: View) -> Mapping[str, str]:
    if "configMapRef" in source:
        return _data(source["configMapRef"], "ConfigMap", namespace, view) or {}
    return _data(source.get("secretRef") or {}, "Secret", namespace, view) or {}


def _data(
    reference: Mapping[str, Any], kind: str, namespace: str, view: View
) -> Mapping[str, str] | None:
    """The texts of a config map or secret, None where it is optional and not there."""
    name = reference.get("name", "")
    obj = view.get(f"{kind.lower()}s", namespace, name)
    if obj is None:
        if reference.get("optional"):
            return None
        raise Missing(f'{kind.lower()} "{name}" not found')
    data = obj.get("data") or {}
    if kind == "ConfigMap":
        return dict(data)
    return {
        key: base64.b64decode(value or "").decode(errors="replace") for key, value in data.items()
    }
