"""Containers of a pod spec: regular, init and ephemeral ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from kctl.api import names
from kctl.api.fields import (
    FieldError,
    duplicate,
    forbidden,
    not_found,
    not_supported,
    required,
    too_long,
)
from kctl.api.validation import env, mounts, ports, probes, resources, security
from kctl.api.validation.values import named, one_of

Container = Mapping[str, Any]

_PULL = ("Always", "IfNotPresent", "Never")
_MESSAGES = ("File", "FallbackToLogsOnError")
_RESTARTS = ("Always", "Never", "OnFailure")
_ACTIONS = ("Restart", "RestartAllContainers")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_MAX_RULES = 20
_MAX_CODES = 255
_INIT_REFUSED = "may not be set for init containers without restartPolicy=Always"
_EPHEMERAL_REFUSED = "cannot be set for an Ephemeral Container"
_NOT_EPHEMERAL = (
    "ports",
    "resources",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
    "resizePolicy",
    "restartPolicy",
)


class Pod(NamedTuple):
    """What containers need to know of the pod that they are in."""

    volumes: Mapping[str, Mapping[str, Any]]
    claims: Sequence[str]
    grace: int | None
    system: str | None
    restart: str
    host_users: bool


def regular(listed: Sequence[Container], path: str, pod: Pod, errors: list[FieldError]) -> None:
    if not listed:
        errors.append(required(path))
        return
    seen: set[str] = set()
    for at, container in enumerate(listed):
        here = f"{path}[{at}]"
        _common(container, here, pod, errors)
        name = container.get("name") or ""
        if name in seen:
            errors.append(duplicate(f"{here}.name", name))
        seen.add(name)
        _running(container, here, pod, errors)
        if "restartPolicy" in container or "restartPolicyRules" in container:
            _restart_policy(container, here, errors)
    ports.host_port_conflicts(listed, path, errors)


def init(
    listed: Sequence[Container],
    others: Sequence[Container],
    path: str,
    pod: Pod,
    errors: list[FieldError],
) -> None:
    """Names are unique over init and regular containers (`others`)."""
    seen = {each.get("name") or "" for each in others}
    for at, container in enumerate(listed):
        here = f"{path}[{at}]"
        _common(container, here, pod, errors)
        if "restartPolicy" in container or "restartPolicyRules" in container:
            _restart_policy(container, here, errors)
        name = container.get("name") or ""
        if name in seen:
            errors.append(duplicate(f"{here}.name", name))
        elif name:
            seen.add(name)
        ports.host_port_conflicts([container], path, errors)
        if container.get("restartPolicy") == "Always":
            _running(container, here, pod, errors)
        else:
            for field in ("lifecycle", *_PROBES):
                if container.get(field) is not None:
                    errors.append(forbidden(f"{here}.{field}", _INIT_REFUSED))


def ephemeral(
    listed: Sequence[Container],
    others: Sequence[Container],
    path: str,
    pod: Pod,
    errors: list[FieldError],
) -> None:
    """Containers added to a running pod; `others` are all that it was made of."""
    known = {each.get("name") or "" for each in others}
    seen = set(known)
    for at, container in enumerate(listed):
        here = f"{path}[{at}]"
        _common(container, here, pod, errors)
        name = container.get("name") or ""
        if name in seen:
            errors.append(duplicate(f"{here}.name", name))
        seen.add(name)
        target = container.get("targetContainerName")
        if target and target not in known:
            errors.append(not_found(f"{here}.targetContainerName", target))
        for field in _NOT_EPHEMERAL:
            if container.get(field):
                errors.append(forbidden(f"{here}.{field}", _EPHEMERAL_REFUSED))
        for number, mount in enumerate(container.get("volumeMounts") or ()):
            for field in ("subPath", "subPathExpr"):
                if mount.get(field):
                    where = f"{here}.volumeMounts[{number}].{field}"
                    errors.append(forbidden(where, _EPHEMERAL_REFUSED))


def _common(container: Container, path: str, pod: Pod, errors: list[FieldError]) -> None:
    """What all containers have, in the order in which Kubernetes looks."""
    if not container.get("name"):
        errors.append(required(f"{path}.name"))
    else:
        named(container["name"], f"{path}.name", names.dns_label, errors)
    if not container.get("image"):
        errors.append(required(f"{path}.image"))
    policy = container.get("terminationMessagePolicy")
    one_of(policy, f"{path}.terminationMessagePolicy", _MESSAGES, errors)
    if container.get("ports"):
        ports.container_ports(container["ports"], f"{path}.ports", errors)
    if container.get("env"):
        env.env(container["env"], f"{path}.env", errors)
    if container.get("envFrom"):
        env.env_from(container["envFrom"], f"{path}.envFrom", errors)
    if container.get("volumeMounts"):
        mounts.volume_mounts(container, pod.volumes, f"{path}.volumeMounts", errors)
    if container.get("volumeDevices"):
        mounts.volume_devices(container, pod.volumes, f"{path}.volumeDevices", errors)
    one_of(container.get("imagePullPolicy"), f"{path}.imagePullPolicy", _PULL, errors)
    if container.get("resources"):
        here = f"{path}.resources"
        resources.requirements(container["resources"], here, pod.claims, errors)
    if container.get("resizePolicy"):
        here = f"{path}.resizePolicy"
        resources.resize_policy(container["resizePolicy"], here, pod.restart, errors)
    if container.get("securityContext"):
        here = f"{path}.securityContext"
        security.container_context(container["securityContext"], here, pod.host_users, errors)


def _running(container: Container, path: str, pod: Pod, errors: list[FieldError]) -> None:
    """What only containers that keep running have: hooks and probes."""
    if container.get("lifecycle") is not None:
        here = f"{path}.lifecycle"
        probes.lifecycle(container["lifecycle"], here, pod.grace, pod.system, errors)
    for field in _PROBES:
        if container.get(field) is not None:
            probes.probe(field, container[field], f"{path}.{field}", pod.grace, errors)


def _restart_policy(container: Container, path: str, errors: list[FieldError]) -> None:
    policy, rules = container.get("restartPolicy"), container.get("restartPolicyRules") or ()
    if policy is None:
        if rules:
            text = "must specify restartPolicy when restart rules are used"
            errors.append(required(f"{path}.restartPolicy", text))
    elif policy not in _RESTARTS:
        errors.append(not_supported(f"{path}.restartPolicy", policy, _RESTARTS))
    if len(rules) > _MAX_RULES:
        errors.append(too_long(f"{path}.restartPolicyRules", _MAX_RULES))
    for at, rule in enumerate(rules):
        _restart_rule(rule, f"{path}.restartPolicyRules[{at}]", errors)


def _restart_rule(rule: Container, path: str, errors: list[FieldError]) -> None:
    action = rule.get("action") or ""
    if action not in _ACTIONS:
        errors.append(not_supported(f"{path}.action", action, _ACTIONS[:1]))
    codes = rule.get("exitCodes")
    if codes is None:
        errors.append(required(f"{path}.exitCodes", "must be specified"))
        return
    operator = codes.get("operator") or ""
    if operator not in ("In", "NotIn"):
        errors.append(not_supported(f"{path}.exitCodes.operator", operator, ("In", "NotIn")))
    if len(codes.get("values") or ()) > _MAX_CODES:
        errors.append(too_long(f"{path}.exitCodes.values", _MAX_CODES))
