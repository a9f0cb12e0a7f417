"""Defaults of pod specs and pod templates (Kubernetes' SetDefaults_*), in place.

`pod_spec` is what every pod spec gets, in a template too; `pod` adds what only a pod
gets, so that a template is stored as its author meant it. All of it is idempotent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Spec = dict[str, Any]

_MODE = 0o644
_PROJECTED_SOURCES = ("secret", "configMap", "downwardAPI", "projected")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def pod_spec(spec: Spec) -> None:
    """SetDefaults_PodSpec and what lies beneath it: containers, probes, volumes."""
    if not spec.get("restartPolicy"):
        spec["restartPolicy"] = "Always"
    if spec.get("terminationGracePeriodSeconds") is None:
        spec["terminationGracePeriodSeconds"] = 30
    if not spec.get("dnsPolicy"):
        spec["dnsPolicy"] = "ClusterFirst"
    if spec.get("securityContext") is None:
        spec["securityContext"] = {}
    if not spec.get("schedulerName"):
        spec["schedulerName"] = "default-scheduler"
    _service_account(spec)
    for name in ("containers", "initContainers", "ephemeralContainers"):
        for container in spec.get(name) or ():
            _container(container)
    for volume in spec.get("volumes") or ():
        _volume(volume)


def pod(spec: Spec) -> None:
    """SetDefaults_Pod: requests follow limits, service links are on, ports of the host's
    network are the host's."""
    for name in ("containers", "initContainers"):
        for container in spec.get(name) or ():
            resources = container.get("resources")
            if resources:
                _requests(resources)
    if spec.get("enableServiceLinks") is None:
        spec["enableServiceLinks"] = True
    if spec.get("hostNetwork"):
        _host_ports(spec)


def _service_account(spec: Spec) -> None:
    """The deprecated serviceAccount and serviceAccountName always say the same."""
    name = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if name:
        spec["serviceAccountName"] = spec["serviceAccount"] = name


def _container(container: Spec) -> None:
    if not container.get("imagePullPolicy"):
        latest = tag(container.get("image") or "") == "latest"
        container["imagePullPolicy"] = "Always" if latest else "IfNotPresent"
    if not container.get("terminationMessagePath"):
        container["terminationMessagePath"] = "/dev/termination-log"
    if not container.get("terminationMessagePolicy"):
        container["terminationMessagePolicy"] = "File"
    if container.get("resources") is None:
        container["resources"] = {}
    for port in container.get("ports") or ():
        if not port.get("protocol"):
            port["protocol"] = "TCP"
    for name in _PROBES:
        if container.get(name) is not None:
            _probe(container[name])
    for hook in (container.get("lifecycle") or {}).values():
        if isinstance(hook, dict) and hook.get("httpGet") is not None:
            _http_get(hook["httpGet"])
    for variable in container.get("env") or ():
        if variable.get("valueFrom") is not None:
            _field_ref(variable["valueFrom"])


def tag(image: str) -> str:
    """The tag of an image as the defaulting rule sees it: "latest" where neither a tag
    nor a digest is given."""
    name, _, digest = image.partition("@")
    last = name.rpartition("/")[2]
    _, colon, found = last.partition(":")
    if colon:
        return found
    return "" if digest else "latest"


def _probe(probe: Spec) -> None:
    for name, value in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        if not probe.get(name):
            probe[name] = value
    if probe.get("httpGet") is not None:
        _http_get(probe["httpGet"])
    if probe.get("grpc") is not None and probe["grpc"].get("service") is None:
        probe["grpc"]["service"] = ""


def _http_get(action: Spec) -> None:
    if not action.get("path"):
        action["path"] = "/"
    if not action.get("scheme"):
        action["scheme"] = "HTTP"


def _field_ref(source: Spec) -> None:
    if source.get("fieldRef") is not None and not source["fieldRef"].get("apiVersion"):
        source["fieldRef"]["apiVersion"] = "v1"
    if source.get("resourceFieldRef") is not None:
        source["resourceFieldRef"].setdefault("divisor", "0")


def _volume(volume: Spec) -> None:
    if len(volume) <= 1:
        volume["emptyDir"] = {}
    for name in _PROJECTED_SOURCES:
        source = volume.get(name)
        if source is not None and source.get("defaultMode") is None:
            source["defaultMode"] = _MODE
    host_path = volume.get("hostPath")
    if host_path is not None and host_path.get("type") is None:
        host_path["type"] = ""
    if volume.get("image") is not None and not volume["image"].get("pullPolicy"):
        latest = tag(volume["image"].get("reference") or "") == "latest"
        volume["image"]["pullPolicy"] = "Always" if latest else "IfNotPresent"
    for item in (volume.get("downwardAPI") or {}).get("items") or ():
        _field_ref(item)
    for source in (volume.get("projected") or {}).get("sources") or ():
        for item in (source.get("downwardAPI") or {}).get("items") or ():
            _field_ref(item)
        token = source.get("serviceAccountToken")
        if token is not None and token.get("expirationSeconds") is None:
            token["expirationSeconds"] = 3600


def _requests(resources: Spec) -> None:
    limits = resources.get("limits")
    if limits:
        requests = resources.get("requests")
        resources["requests"] = {**limits, **(requests or {})}


def _host_ports(spec: Spec) -> None:
    """With the host's network every container port is a host port."""
    for name in ("containers", "initContainers"):
        containers: Iterable[Spec] = spec.get(name) or ()
        for container in containers:
            for port in container.get("ports") or ():
                if not port.get("hostPort") and port.get("containerPort"):
                    port["hostPort"] = port["containerPort"]
