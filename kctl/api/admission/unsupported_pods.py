"""Fields of pod specs that kctl's runtime and scheduler do not honour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Spec = Mapping[str, Any]

KNOWN_VOLUMES = frozenset(
    ("emptyDir", "hostPath", "configMap", "secret", "downwardAPI", "projected")
)
_KNOWN_SOURCES = frozenset(("configMap", "secret", "downwardAPI", "serviceAccountToken"))
_USUAL_SECONDS = (3600, 3607)
"""What a token is asked to live for where nobody has thought of it."""
_IGNORED = {
    "resourceClaims": "there is no dynamic resource allocation",
    "resources": "resources are limited for each container, not for the pod as a whole",
    "runtimeClassName": "containers run in the engine's default runtime",
    "overhead": "overhead is counted when a pod is placed, but not enforced",
}
_CONTAINER_IGNORED = {
    "restartPolicyRules": "containers follow the restart policy of the pod",
    "volumeDevices": "raw block devices are not passed through",
}
_ENFORCED = frozenset(("cpu", "memory"))
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def pod_fields(spec: Spec, path: str) -> list[str]:
    """One sentence for each field that is not honoured; `path` is that of the spec."""
    return [f"{where}: {why}" for where, why in _walk(spec, path)]


def _walk(spec: Spec, path: str) -> Iterator[tuple[str, str]]:
    for name, why in _IGNORED.items():
        if spec.get(name):
            yield f"{path}.{name}", why
    if spec.get("hostUsers") is False:
        yield f"{path}.hostUsers", "user namespaces are the engine's matter, for all containers"
    if (spec.get("os") or {}).get("name") == "windows":
        yield f"{path}.os", "hosts run Linux"
    for at, volume in enumerate(spec.get("volumes") or ()):
        yield from _volume(volume, f"{path}.volumes[{at}]")
    yield from _security(spec.get("securityContext") or {}, f"{path}.securityContext")
    for group in ("initContainers", "containers"):
        for at, container in enumerate(spec.get(group) or ()):
            yield from _container(container, group, f"{path}.{group}[{at}]")


def _volume(volume: Spec, path: str) -> Iterator[tuple[str, str]]:
    for name in volume:
        if name != "name" and name not in KNOWN_VOLUMES:
            yield f"{path}.{name}", "volumes of this type cannot be mounted: the pod will not start"
    empty = volume.get("emptyDir") or {}
    if empty.get("sizeLimit") and empty.get("medium") != "Memory":
        yield f"{path}.emptyDir.sizeLimit", "the size is limited only with medium Memory"
    for at, source in enumerate((volume.get("projected") or {}).get("sources") or ()):
        yield from _projected(source, f"{path}.projected.sources[{at}]")


def _projected(source: Spec, path: str) -> Iterator[tuple[str, str]]:
    for name in source:
        if name not in _KNOWN_SOURCES:
            yield f"{path}.{name}", "there is nothing that issues it"
    seconds = (source.get("serviceAccountToken") or {}).get("expirationSeconds")
    if seconds is not None and seconds not in _USUAL_SECONDS:
        why = "the token is written when a container starts and lives as long as its pod"
        yield f"{path}.serviceAccountToken.expirationSeconds", f"{why}, a year at most"


def _container(container: Spec, group: str, path: str) -> Iterator[tuple[str, str]]:
    for name, why in _CONTAINER_IGNORED.items():
        if container.get(name):
            yield f"{path}.{name}", why
    if group == "containers" and container.get("restartPolicy"):
        yield f"{path}.restartPolicy", _CONTAINER_IGNORED["restartPolicyRules"]
    for name in _PROBES:
        if (container.get(name) or {}).get("grpc") is not None:
            yield f"{path}.{name}.grpc", "gRPC probes always fail: use httpGet, tcpSocket or exec"
    for at, variable in enumerate(container.get("env") or ()):
        if (variable.get("valueFrom") or {}).get("fileKeyRef"):
            yield f"{path}.env[{at}].valueFrom.fileKeyRef", "variables are not read from files"
    for at, mount in enumerate(container.get("volumeMounts") or ()):
        if mount.get("recursiveReadOnly") == "Enabled":
            yield f"{path}.volumeMounts[{at}].recursiveReadOnly", "mounts below stay writable"
    for name in (container.get("resources") or {}).get("limits") or ():
        if name not in _ENFORCED:
            where = f"{path}.resources.limits[{name}]"
            yield where, "counted when the pod is placed, but neither handed out nor enforced"
    yield from _security(container.get("securityContext") or {}, f"{path}.securityContext")


def _security(context: Spec, path: str) -> Iterator[tuple[str, str]]:
    if (context.get("seccompProfile") or {}).get("type") == "Localhost":
        yield f"{path}.seccompProfile.localhostProfile", "profiles of the host are not read"
    if context.get("windowsOptions"):
        yield f"{path}.windowsOptions", "hosts run Linux"
