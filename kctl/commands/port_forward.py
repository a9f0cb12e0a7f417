"""`kctl port-forward`."""

from __future__ import annotations

import contextlib
import signal
from typing import Any, NoReturn

from kctl.commands import forward_listen, forward_ports
from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.follow import follow
from kctl.commands.forwarding import Forwarding
from kctl.commands.objects import get
from kctl.commands.parse import Args
from kctl.commands.pods import Engines, named, selected, selector_of
from kctl.runtime.pod_status import engine_id

Object = dict[str, Any]

_SELECTING = (
    "DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "Service",
    "StatefulSet",
)  # fmt: skip
_LOOK = 1.0
"""Seconds between two looks whether the pod is still there."""


def run(ctx: Context, args: Args) -> int:
    words = args.positional
    if len(words) < 2:
        raise UsageError(
            "TYPE/NAME and list of ports are required for port-forward",
            hint="See 'kctl port-forward -h' for help and examples",
        )
    if args["pod-running-timeout"] <= 0:
        raise UsageError(
            "--pod-running-timeout must be higher than zero",
            hint="See 'kctl port-forward -h' for help and examples",
        )
    ctx.refresh()
    obj = named(ctx, words[0])
    pod = _pod_of(ctx, obj, args["pod-running-timeout"])
    resolved = forward_ports.resolve(words[1:], obj, pod)
    if not _runs(pod):
        phase = (pod.get("status") or {}).get("phase", "")
        raise UsageError(
            f"unable to forward port because pod is not running. Current status={phase}"
        )
    where = forward_listen.addresses(args["address"])
    pairs = forward_ports.parse(resolved)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # though it was ignored
    engines = Engines(ctx)
    try:
        ports = engines.of(pod).port_forward(_running(pod), pod["status"].get("podIP", ""))
        with contextlib.closing(ports):
            listening = forward_listen.listen(pairs, where, ctx.out, ctx.err)
            with forward_listen.closing(listening):
                _serve(ctx, Forwarding(ctx, ports, listening, pod["metadata"]["name"]), pod)
    except KeyboardInterrupt:
        return 0  # this is how a session is meant to end
    finally:
        engines.close()


def _pod_of(ctx: Context, obj: Object, seconds: float) -> Object:
    """The pod itself, or the best of those that a workload or a service selects: the one
    that has been ready for longest. Raises UsageError."""
    if obj["kind"] == "Pod":
        return obj
    if obj["kind"] not in _SELECTING or not selector_of(obj):
        what = f"*v1.{obj['kind']}"
        why = (
            f"invalid service '{obj['metadata']['name']}': Service is defined without a selector"
            if obj["kind"] == "Service"
            else f"selector for {what} not implemented"
        )
        raise UsageError(f"cannot attach to {what}: {why}")
    found = selected(ctx, obj)
    if not found:
        follow(ctx, lambda: bool(selected(ctx, obj)), ctx.time() + seconds)
        found = selected(ctx, obj)
    if not found:
        raise UsageError("timed out waiting for the condition")
    return found[0]


def _running(pod: Object) -> str:
    """The engine's ID of a running container of the pod. Raises UsageError."""
    for each in pod["status"].get("containerStatuses") or []:
        if (each.get("state") or {}).get("running"):
            return engine_id(each["containerID"])
    raise UsageError("unable to forward port because no container of the pod is running")


def _serve(ctx: Context, forwarding: Forwarding, pod: Object) -> NoReturn:
    """Until somebody interrupts it. Raises UsageError when the pod is lost."""
    meta = pod["metadata"]
    due = ctx.time() + _LOOK
    while not forwarding.lost:
        forwarding.turn(max(due - ctx.time(), 0.0))
        if ctx.time() < due:
            continue
        due = ctx.time() + _LOOK
        now = get(ctx, "pods", meta["namespace"], meta["name"])
        if now is None or now["metadata"]["uid"] != meta["uid"] or not _runs(now):
            break
    raise UsageError("lost connection to pod")


def _runs(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") == "Running"


COMMAND = Command(
    name="port-forward",
    summary="Forward one or more local ports to a pod",
    description="Forward one or more local ports to a pod.\n\n"
    " TYPE/NAME may name a pod, or what selects pods: a deployment, a service. The session ends "
    "with the pod that was chosen when it began.",
    usage="port-forward TYPE/NAME [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]",
    examples="""
# Listen on ports 5000 and 6000 locally, forwarding to ports 5000 and 6000 in the pod
kctl port-forward pod/mypod 5000 6000

# To a pod of a deployment
kctl port-forward deployment/mydeployment 5000 6000

# Listen on port 8443 locally, forwarding to the target of the service's port named "https"
kctl port-forward service/myservice 8443:https

# Listen on port 8888 on all addresses, forwarding to 5000 in the pod
kctl port-forward --address 0.0.0.0 pod/mypod 8888:5000

# Listen on a random port locally, forwarding to 5000 in the pod
kctl port-forward pod/mypod :5000
""",
    arguments=("pod",),
    options=(
        Option(
            "address",
            "slice",
            ["localhost"],
            "Addresses to listen on (comma separated): IP addresses or localhost, which means "
            "127.0.0.1 and ::1, or the one of them that can be had.",
            shown="[localhost]",
        ),
        Option(
            "pod-running-timeout",
            "duration",
            60.0,
            "How long to wait until there is a pod.",
            shown="1m0s",
        ),
    ),
    run=run,
)
