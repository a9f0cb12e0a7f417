"""A pod in the engine's words, by values."""

from __future__ import annotations

from typing import Any

import pytest

from kctl.runtime.docker import pod as translation
from kctl.runtime.docker.pod import Surroundings
from kctl.runtime.operations import PodNetwork, StartContainer

AROUND = Surroundings("c1", "kctl-c1", host_addresses=("127.0.0.1", "10.0.0.5"))


def _pod(container: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    main = {"name": "web", "image": "nginx:1"} | (container or {})
    return {
        "metadata": {"name": "p", "namespace": "ns", "uid": "u-1"},
        "spec": {"containers": [main], **spec},
    }


def _start(pod: dict[str, Any], **more: Any) -> StartContainer:
    return StartContainer("n", pod, "web", PodNetwork("10.98.16.5", "p"), **more)


def _body(pod: dict[str, Any], around: Surroundings = AROUND, **more: Any) -> dict[str, Any]:
    return translation.container(_start(pod, **more), around)[1]


def test_a_plain_pod_is_one_container_with_its_own_address() -> None:
    name, body = translation.container(
        _start(_pod(), attempt=2, restarts=5, environment=(("A", "1"), ("B", "x y"))), AROUND
    )
    assert name == "k8s_web_p_ns_u-1_2"
    assert body == {
        "Image": "nginx:1",
        "Env": ["A=1", "B=x y"],
        "Labels": {
            "io.kctl.cluster": "c1",
            "io.kctl.attempt": "2",
            "annotation.io.kubernetes.container.restartCount": "5",
            "io.kubernetes.pod.name": "p",
            "io.kubernetes.pod.namespace": "ns",
            "io.kubernetes.pod.uid": "u-1",
            "io.kubernetes.container.name": "web",
            "io.kubernetes.docker.type": "container",
        },
        "Tty": False,
        "OpenStdin": False,
        "StdinOnce": False,
        "StopTimeout": 30,
        "User": "",
        "WorkingDir": "",
        "Hostname": "p",
        "NetworkingConfig": {
            "EndpointsConfig": {"kctl-c1": {"IPAMConfig": {"IPv4Address": "10.98.16.5"}}}
        },
        "HostConfig": {
            "LogConfig": translation.LOG,
            "RestartPolicy": {"Name": "always"},
            "CpuShares": 2,
            "NetworkMode": "kctl-c1",
        },
    }


@pytest.mark.parametrize(
    ("policy", "init", "own", "wanted"),
    [
        ("Always", False, None, "always"),
        ("OnFailure", False, None, "on-failure"),
        ("Never", False, None, "no"),
        ("Always", True, None, "no"),
        ("Never", True, "Always", "always"),
    ],
)
def test_restart_policies(policy: str, init: bool, own: str | None, wanted: str) -> None:
    pod = _pod({"restartPolicy": own} if own else None, restartPolicy=policy)
    body = _body(pod, init=init)
    assert body["HostConfig"]["RestartPolicy"] == {"Name": wanted}


@pytest.mark.parametrize(
    ("command", "args", "wanted"),
    [
        (None, None, {}),
        (("a", "b"), None, {"Entrypoint": ["a", "b"]}),
        (None, ("c",), {"Cmd": ["c"]}),
        (("a",), ("c",), {"Entrypoint": ["a"], "Cmd": ["c"]}),
    ],
)
def test_command_and_args(command: Any, args: Any, wanted: dict[str, Any]) -> None:
    body = _body(_pod(), command=command, args=args)
    assert {key: body[key] for key in ("Entrypoint", "Cmd") if key in body} == wanted


def test_containers_of_a_sandbox_take_its_namespaces() -> None:
    pod = _pod(shareProcessNamespace=True, hostname="x")
    body = _body(pod, Surroundings("c1", "kctl-c1", sandbox="abc"))
    host = body["HostConfig"]
    assert (host["NetworkMode"], host["IpcMode"], host["PidMode"]) == (("container:abc",) * 3)
    assert not {"Hostname", "NetworkingConfig", "ExposedPorts"} & body.keys()
    assert not {"Dns", "ExtraHosts", "PortBindings"} & host.keys()


def _debugger(around: Surroundings, **spec: Any) -> dict[str, Any]:
    """The body of a container that is added to a pod."""
    pod = _pod(**spec)
    pod["spec"]["ephemeralContainers"] = [{"name": "debug", "image": "d:1"}]
    start = StartContainer("n", pod, "debug", PodNetwork("10.98.16.5", "p"))
    return translation.container(start, around)[1]


def test_an_ephemeral_container_joins_the_only_one_where_there_is_no_sandbox() -> None:
    body = _debugger(Surroundings("c1", "kctl-c1", main="m", target="t"))
    host = body["HostConfig"]
    assert (host["NetworkMode"], host["PidMode"]) == ("container:m", "container:t")
    assert "IpcMode" not in host  # the engine shares no private one
    assert host["RestartPolicy"] == {"Name": "no"}
    assert not {"Hostname", "NetworkingConfig", "ExposedPorts"} & body.keys()
    body = _debugger(Surroundings("c1", "kctl-c1", main="m"), hostNetwork=True)
    assert body["HostConfig"]["NetworkMode"] == "host"
    body = _debugger(Surroundings("c1", "kctl-c1", sandbox="s", target="t"))
    host = body["HostConfig"]
    assert (host["NetworkMode"], host["PidMode"]) == ("container:s", "container:t")
    assert host["RestartPolicy"] == {"Name": "no"}


def test_the_sandbox_holds_network_names_and_every_containers_ports() -> None:
    pod = _pod({"ports": [{"containerPort": 80, "hostPort": 8080}]})
    pod["spec"]["containers"].append(
        {"name": "b", "image": "b", "ports": [{"containerPort": 53, "protocol": "UDP"}]}
    )
    name, body = translation.sandbox(_start(pod, attempt=3), AROUND, "kctl-pause:1", 1)
    assert name == "k8s_POD_p_ns_u-1_1"
    assert body["Labels"]["io.kubernetes.docker.type"] == "podsandbox"
    assert body["Labels"]["io.kctl.attempt"] == "1"
    assert body["ExposedPorts"] == {"80/tcp": {}, "53/udp": {}}
    assert body["HostConfig"]["IpcMode"] == "shareable"
    assert body["HostConfig"]["PortBindings"] == {
        "80/tcp": [
            {"HostIp": "127.0.0.1", "HostPort": "8080"},
            {"HostIp": "10.0.0.5", "HostPort": "8080"},
        ]
    }


def test_host_ports_are_never_on_the_wildcard() -> None:
    ports = [
        {"containerPort": 1, "hostPort": 11, "hostIP": "10.9.9.9"},
        {"containerPort": 2, "hostPort": 12, "hostIP": "0.0.0.0"},
    ]
    _, bindings = translation.published([{"ports": ports}], ("127.0.0.1",))
    assert bindings == {
        "1/tcp": [{"HostIp": "10.9.9.9", "HostPort": "11"}],
        "2/tcp": [{"HostIp": "127.0.0.1", "HostPort": "12"}],
    }


def test_names_and_resolver() -> None:
    network = PodNetwork(
        "10.98.16.5",
        "db-0",
        ("10.98.0.10",),
        ("ns.svc.cluster.local",),
        ("ndots:5",),
        (("1.2.3.4", "x"),),
    )
    pod = _pod(subdomain="db")
    start = StartContainer("n", pod, "web", network)
    body = translation.container(start, AROUND)[1]
    assert (body["Hostname"], body["Domainname"]) == ("db-0", "db.ns.svc.cluster.local")
    host = body["HostConfig"]
    assert host["Dns"] == ["10.98.0.10"]
    assert host["DnsSearch"] == ["ns.svc.cluster.local"]
    assert host["DnsOptions"] == ["ndots:5"]
    assert host["ExtraHosts"] == ["x:1.2.3.4"]
    pod["spec"]["setHostnameAsFQDN"] = True
    body = translation.container(start, AROUND)[1]
    assert body["Hostname"] == "db-0.db.ns.svc.cluster.local"


def test_host_namespaces() -> None:
    pod = _pod(hostNetwork=True, hostPID=True, hostIPC=True)
    body = _body(pod)
    host = body["HostConfig"]
    assert (host["NetworkMode"], host["PidMode"], host["IpcMode"]) == ("host", "host", "host")
    assert "NetworkingConfig" not in body and "Hostname" not in body


def test_terminal_input_signal_and_directory() -> None:
    container = {
        "tty": True,
        "stdin": True,
        "stdinOnce": True,
        "workingDir": "/srv",
        "lifecycle": {"stopSignal": "SIGUSR1"},
    }
    body = _body(_pod(container, terminationGracePeriodSeconds=7))
    assert (body["Tty"], body["OpenStdin"], body["StdinOnce"]) == (True, True, True)
    assert (body["WorkingDir"], body["StopSignal"], body["StopTimeout"]) == ("/srv", "SIGUSR1", 7)


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({}, False),
        ({"initContainers": [{"name": "i", "image": "i"}]}, True),
        ({"volumes": [{"name": "v", "emptyDir": {}}]}, False),
        ({"volumes": [{"name": "v", "emptyDir": {"medium": "Memory"}}]}, True),
    ],
)
def test_when_a_sandbox_is_needed(spec: dict[str, Any], wanted: bool) -> None:
    assert translation.needs_sandbox(_pod(**spec)) is wanted


def test_what_is_not_honoured_is_named() -> None:
    container = {
        "resources": {"limits": {"ephemeral-storage": "1Gi", "cpu": 1}},
        "securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "x"}},
    }
    assert translation.unsupported(_pod(container, runtimeClassName="gvisor"), "web") == [
        "resources: ephemeral-storage",
        "securityContext.seccompProfile.localhostProfile",
        "spec.runtimeClassName",
    ]
    assert translation.unsupported(_pod(), "web") == []
