"""exec and attach."""

from __future__ import annotations

from functools import partial

from starlette.responses import PlainTextResponse, Response

from kctl.api.errors import bad_request, internal
from kctl.api.kind import Kind, Object
from kctl.runtime.pod_status import spec_of
from kctl.runtime.stream_types import Session
from kctl.runtime.types import HostUnreachable, Runtime
from kctl.server.call import Call
from kctl.server.streams import upgrade
from kctl.server.streams.pods import (
    container_of,
    must_be_bound,
    not_running,
    pod_of,
    running_id,
    unreachable,
)
from kctl.server.streams.remote import SUCCESS, Command, Gone, Options, Remote, carry
from kctl.server.streams.remote_spdy import SpdyRemote
from kctl.server.streams.remote_websocket import WebSocketRemote


async def exec_(call: Call, kind: Kind) -> Response | None:
    """Run a command in a container. Raises ApiError before the connection is upgraded."""
    pod, container, options = _asked(call)
    words = [each for each in call.queries.get("command", []) if each]
    if not words:
        raise bad_request("you must specify at least one command for the container")
    runtime = _runtime(call, pod)
    command = Command(
        partial(_exec, runtime, running_id(pod, container), words, options),
        "error executing command in container",
        partial(_exited, words),
    )
    return await _serve(call, pod, container, options, command)


async def attach(call: Call, kind: Kind) -> Response | None:
    """Connect to the process of a container. Raises ApiError as `exec_` does."""
    pod, container, options = _asked(call)
    runtime = _runtime(call, pod)
    command = Command(
        partial(_attach, runtime, pod, container, options),
        "error attaching to container",
        lambda code: SUCCESS,
    )
    return await _serve(call, pod, container, options, command)


def _asked(call: Call) -> tuple[Object, str, Options]:
    pod = pod_of(call)
    container = container_of(pod, call.query.get("container", ""))
    must_be_bound(pod)
    return pod, container, Options.of(call)


def _runtime(call: Call, pod: Object) -> Runtime:
    try:
        return call.server.engines.of(pod)
    except HostUnreachable as error:
        raise unreachable(error) from None


async def _serve(
    call: Call, pod: Object, container: str, options: Options, command: Command
) -> Response | None:
    """A container that does not run is told as a kubelet tells it: over SPDY before the
    upgrade, over a WebSocket behind it, since clients take any refusal of that for a server
    that knows no WebSocket."""
    runs = bool(running_id(pod, container))
    try:
        if call.scope["type"] == "websocket":
            remote: Remote = await WebSocketRemote.accept(call, options)
            if not runs:
                why = f"unable to upgrade connection: {not_running(container)}"
                await remote.finish(internal(why).status)
                await remote.close()
                return None
        else:
            upgrade.must_upgrade(call)
            if not runs:
                return PlainTextResponse(not_running(container), 500)
            remote = await SpdyRemote.accept(call, options)
    except Gone:
        return None
    await carry(remote, options, call.server.engines, command)
    return None


def _exec(runtime: Runtime, identity: str, words: list[str], options: Options) -> Session:
    return runtime.exec(identity, words, stdin=options.stdin, tty=options.tty).wire()


def _attach(runtime: Runtime, pod: Object, container: str, options: Options) -> Session:
    """The container's own terminal decides, whatever the client believes."""
    tty = bool(spec_of(pod, container).get("tty"))
    return runtime.attach(running_id(pod, container), stdin=options.stdin, tty=tty).wire()


def _exited(words: list[str], code: int) -> Object:
    """The Status by which a client exits with the command's own code."""
    if not code:
        return SUCCESS
    why = f"error executing command [{' '.join(words)}], exit code {code}"
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: {why}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }
