"""A pod in the engine's words: what to ask of `POST /containers/create`.

Pure: a `StartContainer` and a few facts about the node in, JSON bodies out. Rules that
the engine cannot take are named by `unsupported`, never dropped in silence.

Restart policies become Docker's own, so that containers stay alive while no kctl runs:
Always is `always`, OnFailure is `on-failure`, Never and init containers are `no`. (An
engine that was killed takes what it finds when it comes up as stopped by hand, and
`unless-stopped` would leave it so. What kctl itself stops loses its policy first: see
`calls.retire`.) What the engine does by itself leaves less behind than the kubelet would:
after its own restart the container has the same ID and one log for all runs, and the exit
code of its previous run is known only while the engine's recent events hold it; and
`docker kill` ends the policy for that container, which is then made anew as a further
attempt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import ending, labels, resources, security
from kctl.runtime.observations import SANDBOX
from kctl.runtime.pod_status import is_ephemeral, spec_of

if TYPE_CHECKING:
    from kctl.runtime.operations import PodNetwork, StartContainer

Object = dict[str, Any]

LOG = {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "5"}}
"""The kubelet's containerLogMaxSize and containerLogMaxFiles."""
_RESTART = {"Always": "always", "OnFailure": "on-failure", "Never": "no"}
_DEFAULT_GRACE = 30


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the translation needs to know beside the operation."""

    cluster: str
    network: str
    """name of the engine's network"""
    domain: str = "cluster.local"
    host_addresses: tuple[str, ...] = ("127.0.0.1",)
    """where host ports without an own hostIP are published"""
    sandbox: str = ""
    """ID of the pod's sandbox, "" where the container holds the network itself"""
    main: str = ""
    """of the container that holds the network, for one that is added to a pod without sandbox"""
    target: str = ""
    """of the container whose processes an ephemeral one sees"""
    image_user: str = ""
    binds: tuple[str, ...] = ()
    mounts: tuple[Object, ...] = field(default_factory=tuple)


def needs_sandbox(pod: Mapping[str, Any]) -> bool:
    """Several containers share a pod's namespaces; volumes in memory live as long as a
    running container uses them, which must be longer than one of the pod's own."""
    spec = pod["spec"]
    several = len(spec["containers"]) + len(spec.get("initContainers") or []) > 1
    return several or any(
        (each.get("emptyDir") or {}).get("medium") for each in spec.get("volumes") or []
    )


def container(start: StartContainer, around: Surroundings) -> tuple[str, Object]:
    """(name, body) of the create call for one container."""
    pod, spec = start.pod, spec_of(start.pod, start.container)
    body: Object = {
        "Image": spec["image"],
        "Env": [f"{name}={value}" for name, value in start.environment],
        "Labels": _labels(start, around.cluster, start.container, "container") | ending.label(spec),
        "Tty": bool(spec.get("tty")),
        "OpenStdin": bool(spec.get("stdin")),
        "StdinOnce": bool(spec.get("stdinOnce")),
        "StopTimeout": int(pod["spec"].get("terminationGracePeriodSeconds", _DEFAULT_GRACE)),
        "User": security.user(pod, spec, around.image_user),
        "WorkingDir": spec.get("workingDir") or "",
        **_program(start),
    }
    stop_signal = (spec.get("lifecycle") or {}).get("stopSignal")
    if stop_signal:
        body["StopSignal"] = stop_signal
    host: Object = {
        "LogConfig": LOG,
        "RestartPolicy": {"Name": _restart(start, spec)},
        **resources.host_config(spec.get("resources") or {}),
        **security.host_config(pod, spec),
    }
    if around.binds:
        host["Binds"] = list(around.binds)
    if around.mounts:
        host["Mounts"] = list(around.mounts)
    if around.sandbox:
        host |= _join(pod, around.sandbox)
    elif around.main:
        host |= _join_main(pod, around.main)
    else:
        own, host_part = namespaces(start.pod, start.network, around, [spec])
        body |= own
        host |= host_part
    if around.target:
        host["PidMode"] = f"container:{around.target}"
    body["HostConfig"] = host
    return labels.container_name(start.container, pod["metadata"], start.attempt), body


def sandbox(
    start: StartContainer, around: Surroundings, image: str, attempt: int
) -> tuple[str, Object]:
    """(name, body) of the create call for the container that holds a pod's namespaces."""
    pod = start.pod
    own, host = namespaces(pod, start.network, around, pod["spec"]["containers"])
    if not pod["spec"].get("hostIPC"):
        host["IpcMode"] = "shareable"
    if around.mounts:
        host["Mounts"] = list(around.mounts)
    host |= {
        "LogConfig": LOG,
        "RestartPolicy": {"Name": "always"},
        "CpuShares": 2,
    }
    marks = _labels(start, around.cluster, SANDBOX, "podsandbox")
    marks |= {labels.ATTEMPT: str(attempt), labels.RESTARTS: "0"}
    body = {"Image": image, "Labels": marks, **own, "HostConfig": host}
    return labels.container_name(SANDBOX, pod["metadata"], attempt), body


def namespaces(
    pod: Mapping[str, Any],
    network: PodNetwork,
    around: Surroundings,
    containers: Sequence[Mapping[str, Any]],
) -> tuple[Object, Object]:
    """(body part, HostConfig part) for the container that holds the pod's network."""
    spec = pod["spec"]
    body: Object = {}
    host: Object = {}
    if network.host_network or spec.get("hostNetwork"):
        host["NetworkMode"] = "host"
    else:
        host["NetworkMode"] = around.network
        endpoint = {"IPAMConfig": {"IPv4Address": network.address}} if network.address else {}
        body["NetworkingConfig"] = {"EndpointsConfig": {around.network: endpoint}}
        body |= _hostname(pod, network, around.domain)
        exposed, bindings = published(containers, around.host_addresses)
        if exposed:
            body["ExposedPorts"] = exposed
        if bindings:
            host["PortBindings"] = bindings
    if spec.get("hostPID"):
        host["PidMode"] = "host"
    if spec.get("hostIPC"):
        host["IpcMode"] = "host"
    for key, values in (
        ("Dns", network.dns_servers),
        ("DnsSearch", network.dns_searches),
        ("DnsOptions", network.dns_options),
        ("ExtraHosts", [f"{name}:{address}" for address, name in network.host_aliases]),
    ):
        if values:
            host[key] = list(values)
    sysctls = (spec.get("securityContext") or {}).get("sysctls") or []
    if sysctls:
        host["Sysctls"] = {each["name"]: each["value"] for each in sysctls}
    return body, host


def published(
    containers: Sequence[Mapping[str, Any]], addresses: Sequence[str]
) -> tuple[Object, Object]:
    """(ExposedPorts, PortBindings). Always on explicit addresses: a wildcard would take
    every service address of the host."""
    exposed: Object = {}
    bindings: Object = {}
    for each in containers:
        for port in each.get("ports") or []:
            key = f"{port['containerPort']}/{port.get('protocol', 'TCP').lower()}"
            exposed[key] = {}
            if port.get("hostPort"):
                own = port.get("hostIP") or ""
                wanted = [own] if own not in ("", "0.0.0.0", "::") else addresses
                bindings.setdefault(key, []).extend(
                    {"HostIp": address, "HostPort": str(port["hostPort"])} for address in wanted
                )
    return exposed, bindings


def has_host_ports(pod: Mapping[str, Any]) -> bool:
    return any(
        port.get("hostPort")
        for each in pod["spec"]["containers"]
        for port in each.get("ports") or []
    )


def unsupported(pod: Mapping[str, Any], name: str) -> list[str]:
    """What the pod asks for and a plain engine cannot give, by field."""
    spec, own = pod["spec"], spec_of(pod, name)
    lines = resources.unsupported(own.get("resources") or {})
    lines += security.unsupported(security.effective(pod, own))
    lines += [f"spec.{key}" for key in ("runtimeClassName", "overhead") if spec.get(key)]
    if spec.get("hostUsers") is False:
        lines.append("spec.hostUsers")
    lines += ["volumeDevices"] if own.get("volumeDevices") else []
    return lines


def _program(start: StartContainer) -> Object:
    """Entrypoint and Cmd. A command replaces both the image's entrypoint and its
    arguments; arguments alone replace the image's arguments."""
    body: Object = {}
    if start.command is not None:
        body["Entrypoint"] = list(start.command)
    if start.args is not None:
        body["Cmd"] = list(start.args)
    return body


def _restart(start: StartContainer, spec: Mapping[str, Any]) -> str:
    own = spec.get("restartPolicy")  # a sidecar: an init container that keeps running
    if (own is None and start.init) or is_ephemeral(start.pod, start.container):
        return "no"
    return _RESTART[own or start.pod["spec"].get("restartPolicy", "Always")]


def _labels(start: StartContainer, cluster: str, name: str, kind: str) -> dict[str, str]:
    return labels.pod_labels(cluster, start.pod["metadata"]) | {
        labels.CONTAINER: name,
        labels.TYPE: kind,
        labels.ATTEMPT: str(start.attempt),
        labels.RESTARTS: str(start.restarts),
    }


def _join(pod: Mapping[str, Any], sandbox_id: str) -> Object:
    """HostConfig's part for a container that shares the sandbox's namespaces. It takes
    host name, resolver and hosts file from there too; the engine refuses its own."""
    spec, holder = pod["spec"], f"container:{sandbox_id}"
    host = {"NetworkMode": holder, "IpcMode": "host" if spec.get("hostIPC") else holder}
    if spec.get("hostPID"):
        host["PidMode"] = "host"
    elif spec.get("shareProcessNamespace"):
        host["PidMode"] = holder
    return host


def _join_main(pod: Mapping[str, Any], main_id: str) -> Object:
    """The same where the pod's only container holds its namespaces: the engine shares its
    network, and its processes where the pod asks for that."""
    spec, holder = pod["spec"], f"container:{main_id}"
    host: Object = {"NetworkMode": "host" if spec.get("hostNetwork") else holder}
    if spec.get("hostPID"):
        host["PidMode"] = "host"
    elif spec.get("shareProcessNamespace"):
        host["PidMode"] = holder
    return host


def _hostname(pod: Mapping[str, Any], network: PodNetwork, domain: str) -> Object:
    """Host name and domain: with a subdomain a pod is
    hostname.subdomain.namespace.svc.DOMAIN, which its hosts file then says."""
    spec, body = pod["spec"], {"Hostname": network.hostname}
    if spec.get("subdomain"):
        full = f"{spec['subdomain']}.{pod['metadata']['namespace']}.svc.{domain}"
        if spec.get("setHostnameAsFQDN"):
            body["Hostname"] = f"{network.hostname}.{full}"
        else:
            body["Domainname"] = full
    return body
