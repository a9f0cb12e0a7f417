"""The containers of a pod or of a pod template, as `describe` shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kctl.printing.describe.environment import environment_lines
from kctl.printing.describe.parts import long_time
from kctl.printing.describe.probes import probe_text
from kctl.printing.describe.writer import Writer, safe

Object = dict[str, Any]


def container_lines(
    out: Writer,
    title: str,
    containers: Sequence[Object],
    statuses: Sequence[Object],
    level: int = 0,
    *,
    pod: Object | None = None,
) -> None:
    """One block a container; `pod` None for a template, which has no state. Below a title of
    level 1 the names stand one space further in, and the fields where they always stand."""
    by_name = {each["name"]: each for each in statuses}
    if not containers:
        out.line(level, f"{title}: <none>")
        return
    out.line(level, f"{title}:")
    for container in containers:
        status = by_name.get(container["name"])
        out.line(1, f"{' ' if level else ''}{container['name']}:")
        _identity(out, container, status, 2)
        _commands(out, container, 2)
        if status is not None:
            _state(out, status, 2)
        _resources(out, container, 2)
        _probes(out, container, 2)
        environment_lines(out, container, pod, 2)
        _mounts(out, container, 2)


def _identity(out: Writer, container: Object, status: Object | None, level: int) -> None:
    if status is not None:
        out.line(level, f"Container ID:\t{status.get('containerID', '')}")
    out.line(level, f"Image:\t{safe(container.get('image', ''))}")
    if status is not None:
        out.line(level, f"Image ID:\t{status.get('imageID', '')}")
    ports = container.get("ports") or []
    container_ports = [f"{each['containerPort']}/{each.get('protocol', 'TCP')}" for each in ports]
    host_ports = [f"{each.get('hostPort', 0)}/{each.get('protocol', 'TCP')}" for each in ports]
    several = len(ports) > 1
    named = [
        text + (f" ({each['name']})" if each.get("name") else "")
        for text, each in zip(container_ports, ports, strict=True)
    ]
    host_named = [
        text + (f" ({each['name']})" if each.get("name") else "")
        for text, each in zip(host_ports, ports, strict=True)
    ]
    out.line(level, f"Port{'s' * several}:\t{', '.join(named) or '<none>'}")
    out.line(level, f"Host Port{'s' * several}:\t{', '.join(host_named) or '<none>'}")
    profile = ((container.get("securityContext") or {}).get("seccompProfile")) or {}
    if profile:
        out.line(level, f"SeccompProfile:\t{profile.get('type', '')}")


def _commands(out: Writer, container: Object, level: int) -> None:
    for title, words in (("Command", container.get("command")), ("Args", container.get("args"))):
        if not words:
            continue
        out.line(level, f"{title}:")
        for word in words:
            for line in str(word).split("\n"):
                out.line(level + 1, safe(line))


def _state(out: Writer, status: Object, level: int) -> None:
    _one_state(out, "State", status.get("state") or {}, level)
    if (status.get("lastState") or {}).get("terminated"):
        _one_state(out, "Last State", status["lastState"], level)
    out.line(level, f"Ready:\t{'True' if status.get('ready') else 'False'}")
    out.line(level, f"Restart Count:\t{status.get('restartCount', 0)}")


def _one_state(out: Writer, title: str, state: Object, level: int) -> None:
    if "running" in state:
        out.line(level, f"{title}:\tRunning")
        out.line(level + 1, f"Started:\t{long_time((state['running'] or {}).get('startedAt'))}")
    elif "waiting" in state:
        out.line(level, f"{title}:\tWaiting")
        if (state["waiting"] or {}).get("reason"):
            out.line(level + 1, f"Reason:\t{state['waiting']['reason']}")
    elif "terminated" in state:
        _terminated(out, title, state["terminated"], level)
    else:
        out.line(level, f"{title}:\tWaiting")


def _terminated(out: Writer, title: str, ended: Object, level: int) -> None:
    out.line(level, f"{title}:\tTerminated")
    if ended.get("reason"):
        out.line(level + 1, f"Reason:\t{ended['reason']}")
    if ended.get("message"):
        out.line(level + 1, f"Message:\t{safe(ended['message'])}")
    out.line(level + 1, f"Exit Code:\t{ended.get('exitCode', 0)}")
    if ended.get("signal"):
        out.line(level + 1, f"Signal:\t{ended['signal']}")
    out.line(level + 1, f"Started:\t{long_time(ended.get('startedAt'))}")
    out.line(level + 1, f"Finished:\t{long_time(ended.get('finishedAt'))}")


def _resources(out: Writer, container: Object, level: int) -> None:
    resources = container.get("resources") or {}
    for title, field in (("Limits", "limits"), ("Requests", "requests")):
        amounts = resources.get(field) or {}
        if amounts:
            out.line(level, f"{title}:")
            for name in sorted(amounts):
                out.line(level + 1, f"{name}:\t{amounts[name]}")


def _probes(out: Writer, container: Object, level: int) -> None:
    for title, field in (
        ("Liveness", "livenessProbe"),
        ("Readiness", "readinessProbe"),
        ("Startup", "startupProbe"),
    ):
        if container.get(field):
            out.line(level, f"{title}:\t{probe_text(container[field])}")


def _mounts(out: Writer, container: Object, level: int) -> None:
    mounts = container.get("volumeMounts") or []
    if not mounts:
        out.line(level, "Mounts:\t<none>")
        return
    out.line(level, "Mounts:")
    for each in sorted(mounts, key=lambda mount: mount["mountPath"]):
        flags = ["ro" if each.get("readOnly") else "rw"]
        if each.get("subPath"):
            flags.append(f'path="{each["subPath"]}"')
        out.line(level + 1, f"{each['mountPath']} from {each['name']} ({','.join(flags)})")
