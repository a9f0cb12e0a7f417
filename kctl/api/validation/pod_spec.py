"""A pod spec as pods and templates have it; the order of the checks is Kubernetes' own,
since it is the order in which the errors are listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api import names, quantity
from kctl.api.fields import FieldError, duplicate, forbidden, invalid, not_supported, required
from kctl.api.validation import (
    affinity,
    containers,
    dns,
    labels,
    resources,
    security,
    spread,
    tolerations,
    volumes,
)
from kctl.api.validation.values import MAX_INT32, named, one_of

Spec = Mapping[str, Any]

_RESTARTS = ("Always", "OnFailure", "Never")
_DNS = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")


def pod_spec(spec: Spec, path: str, errors: list[FieldError], *, in_pod: bool) -> None:
    """`in_pod` is false for a template, which may leave more open."""
    grace = spec.get("terminationGracePeriodSeconds")
    if grace is None:
        errors.append(required(f"{path}.terminationGracePeriodSeconds"))
    _containers(spec, path, grace, errors)
    if spec.get("resources"):
        _whole(spec, f"{path}.resources", errors)
    if spec.get("hostNetwork"):
        _host_network(spec, path, in_pod, errors)
    one_of(spec.get("restartPolicy"), f"{path}.restartPolicy", _RESTARTS, errors)
    one_of(spec.get("dnsPolicy"), f"{path}.dnsPolicy", _DNS, errors)
    if spec.get("nodeSelector"):
        labels.labels(spec["nodeSelector"], f"{path}.nodeSelector", errors)
    context = spec.get("securityContext")
    if context:
        security.pod_context(context, spec, f"{path}.securityContext", errors)
    if spec.get("shareProcessNamespace"):
        security.shared_processes(spec, f"{path}.securityContext", errors)
    if spec.get("affinity"):
        affinity.affinity(spec["affinity"], f"{path}.affinity", errors)
    if spec.get("dnsConfig") or spec.get("dnsPolicy") == "None":
        dns.dns_config(spec.get("dnsConfig"), spec["dnsPolicy"], f"{path}.dnsConfig", errors)
    for name, check in _LISTS.items():
        if spec.get(name):
            check(spec[name], f"{path}.{name}", errors)
    if spec.get("hostUsers") is False:
        security.host_users(spec, path, errors)
    if "hostnameOverride" in spec:
        dns.hostname_override(spec, path, errors)
    _names(spec, path, errors)
    _rest(spec, path, errors)


_LISTS = {
    "readinessGates": spread.readiness_gates,
    "schedulingGates": spread.scheduling_gates,
    "topologySpreadConstraints": spread.constraints,
}


def _containers(spec: Spec, path: str, grace: int | None, errors: list[FieldError]) -> None:
    found: Mapping[str, Any] = {}
    if spec.get("volumes"):
        found = volumes.volumes(spec["volumes"], f"{path}.volumes", errors)
    claims: list[str] = []
    if spec.get("resourceClaims"):
        claims = _resource_claims(spec["resourceClaims"], f"{path}.resourceClaims", errors)
    pod = containers.Pod(
        found,
        claims,
        grace,
        (spec.get("os") or {}).get("name") if spec.get("os") else None,
        spec.get("restartPolicy") or "",
        spec.get("hostUsers") is not False,
    )
    regular = spec.get("containers") or ()
    containers.regular(regular, f"{path}.containers", pod, errors)
    first = spec.get("initContainers") or ()
    if first:
        containers.init(first, regular, f"{path}.initContainers", pod, errors)
    if spec.get("ephemeralContainers"):
        here = f"{path}.ephemeralContainers"
        containers.ephemeral(spec["ephemeralContainers"], [*regular, *first], here, pod, errors)
    _file_refs(spec, found, path, errors)


def _resource_claims(listed: list[Any], path: str, errors: list[FieldError]) -> list[str]:
    known: list[str] = []
    for at, claim in enumerate(listed):
        here, name = f"{path}[{at}]", claim.get("name") or ""
        if not name:
            errors.append(required(f"{here}.name"))
        elif name in known:
            errors.append(duplicate(f"{here}.name", name))
        else:
            named(name, f"{here}.name", names.dns_label, errors)
            known.append(name)
        sources = [
            each
            for each in ("resourceClaimName", "resourceClaimTemplateName")
            if claim.get(each) is not None
        ]
        if len(sources) == 2:
            text = (
                "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            )
            errors.append(invalid(here, claim, text))
        elif not sources:
            text = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"
            errors.append(invalid(here, claim, text))
        for each in sources:
            named(claim[each], f"{here}.{each}", names.dns_subdomain, errors)
    return known


def _file_refs(spec: Spec, found: Mapping[str, Any], path: str, errors: list[FieldError]) -> None:
    """Variables from a file come from an emptyDir volume of the pod."""
    for group in ("initContainers", "containers", "ephemeralContainers"):
        for at, container in enumerate(spec.get(group) or ()):
            for number, variable in enumerate(container.get("env") or ()):
                reference = (variable.get("valueFrom") or {}).get("fileKeyRef")
                if not reference:
                    continue
                here = f"{path}.{group}[{at}].env[{number}].valueFrom.fileKeyRef.volumeName"
                name = reference.get("volumeName") or ""
                if name not in found:
                    errors.append(FieldError("FieldValueNotFound", here, "", f'"{name}"'))
                elif "emptyDir" not in found[name]:
                    text = "referenced volume must be of type emptyDir"
                    errors.append(invalid(here, name, text))


def _whole(spec: Spec, path: str, errors: list[FieldError]) -> None:
    """Resources of the pod as a whole cover those of its containers."""
    value = spec["resources"]
    if value.get("claims") is not None:
        text = "claims may not be set for Resources at pod-level"
        errors.append(forbidden(f"{path}.claims", text))
    before = len(errors)
    resources.requirements(value, path, (), errors, whole_pod=True)
    if len(errors) > before:
        return
    for name, amount in (value.get("requests") or {}).items():
        total = quantity.add(
            str(each["resources"]["requests"][name])
            for each in spec.get("containers") or ()
            if name in ((each.get("resources") or {}).get("requests") or ())
        )
        if quantity.compare(total, str(amount)) > 0:
            text = f"must be greater than or equal to aggregate container requests of {total}"
            errors.append(invalid(f"{path}.requests[{name}]", str(amount), text))
    for at, container in enumerate(spec.get("containers") or ()):
        _within(container, at, value.get("limits") or {}, path, errors)


def _within(container: Spec, at: int, most: Spec, path: str, errors: list[FieldError]) -> None:
    limits = (container.get("resources") or {}).get("limits") or {}
    for name, amount in limits.items():
        if name in most and quantity.compare(str(amount), str(most[name])) > 0:
            where = f"{path}.containers[{at}][{name}].limits"
            text = f"must be less than or equal to pod limits of {most[name]}"
            errors.append(invalid(where, str(amount), text))


def _host_network(spec: Spec, path: str, in_pod: bool, errors: list[FieldError]) -> None:
    for at, container in enumerate(spec.get("containers") or ()):
        for number, port in enumerate(container.get("ports") or ()):
            host, inside = port.get("hostPort") or 0, port.get("containerPort") or 0
            if (in_pod or host) and host != inside:
                where = f"{path}.containers[{at}].ports[{number}].hostPort"
                text = "must match `containerPort` when `hostNetwork` is true"
                errors.append(invalid(where, host, text))


def _names(spec: Spec, path: str, errors: list[FieldError]) -> None:
    for name in ("serviceAccountName", "nodeName"):
        if spec.get(name):
            named(spec[name], f"{path}.{name}", names.dns_subdomain, errors)
    seconds = spec.get("activeDeadlineSeconds")
    if seconds is not None and not 1 <= seconds <= MAX_INT32:
        text = f"must be between 1 and {MAX_INT32}, inclusive"
        errors.append(invalid(f"{path}.activeDeadlineSeconds", seconds, text))
    for name in ("hostname", "subdomain"):
        if spec.get(name):
            named(spec[name], f"{path}.{name}", names.dns_label, errors)


def _rest(spec: Spec, path: str, errors: list[FieldError]) -> None:
    if spec.get("tolerations"):
        tolerations.tolerations(spec["tolerations"], f"{path}.tolerations", errors)
    if spec.get("hostAliases"):
        dns.host_aliases(spec["hostAliases"], f"{path}.hostAliases", errors)
    if spec.get("priorityClassName"):
        where = f"{path}.priorityClassName"
        named(spec["priorityClassName"], where, names.dns_subdomain, errors)
    if spec.get("runtimeClassName") is not None:
        where = f"{path}.runtimeClassName"
        named(spec["runtimeClassName"], where, names.dns_subdomain, errors)
    if spec.get("preemptionPolicy") is not None:
        policies = ("PreemptLowerPriority", "Never")
        one_of(spec["preemptionPolicy"], f"{path}.preemptionPolicy", policies, errors)
    if spec.get("overhead"):
        resources.requirements({"limits": spec["overhead"]}, f"{path}.overhead", (), errors)
    if spec.get("os") is not None:
        _system(spec["os"], f"{path}.os", errors)


def _system(value: Spec, path: str, errors: list[FieldError]) -> None:
    name = value.get("name")
    if not name:
        errors.append(required(f"{path}.name"))
    elif name not in ("linux", "windows"):
        errors.append(not_supported(path, name, ("linux", "windows")))
