"""A person's streams on a pod's container, for `attach` and `run -i`."""

from __future__ import annotations

import sys
from typing import Any

from kctl.commands.command import UsageError
from kctl.commands.context import Context
from kctl.commands.pods import Engines
from kctl.runtime.pod_status import engine_id, spec_of, status_of

Object = dict[str, Any]

_RECORDED = (
    "All commands and output from this session will be recorded in container logs, including "
    "credentials and sensitive information passed through the command prompt."
)
_PROMPT = "If you don't see a command prompt, try pressing enter."


def attach(
    ctx: Context,
    pod: Object,
    container: str,
    *,
    stdin: bool,
    tty: bool,
    quiet: bool = False,
    replay: bool = False,
    detach_keys: str,
) -> None:
    """Copy until the process ends or the person leaves it. Raises UsageError for a
    container that does not run."""
    from kctl.api.errors import internal

    status = status_of(pod, container)
    ended = (status.get("state") or {}).get("terminated")
    if not (status.get("state") or {}).get("running") and not (replay and ended):
        raise internal(f'unable to upgrade connection: container not found ("{container}")')
    tty, raw = _terminal(ctx, pod, container, stdin=stdin, tty=tty, quiet=quiet)
    if not quiet:
        ctx.err.write(f"{_RECORDED}\n{_PROMPT}\n")
    ctx.err.flush()
    ctx.out.flush()
    engines = Engines(ctx)
    try:
        stream = engines.of(pod).attach(
            engine_id(status["containerID"]),
            stdin=stdin,
            tty=tty,
            replay=replay,
            detach_keys=detach_keys if raw else "",
        )
        stream.run(sys.stdin.buffer if stdin else None, sys.stdout.buffer, sys.stderr.buffer)
    finally:
        engines.close()
    if raw and stdin and not quiet and pod["spec"].get("restartPolicy", "Always") == "Always":
        meta = pod["metadata"]
        ctx.say(
            f"Session ended, resume using 'kctl attach {meta['name']} -c {container} "
            f"-n {meta['namespace']} -i -t' command when the pod is running"
        )


def _terminal(
    ctx: Context, pod: Object, container: str, *, stdin: bool, tty: bool, quiet: bool
) -> tuple[bool, bool]:
    """(the container has a terminal, the person's own is connected to it)."""
    has = bool(spec_of(pod, container).get("tty"))
    if tty and not has:
        if not quiet:
            ctx.err.write(
                f"error: Unable to use a TTY - container {container} did not allocate one\n"
            )
        return False, False
    real = stdin and ctx.stdin.isatty()
    if tty and not real and not quiet:
        ctx.err.write("Unable to use a TTY - input is not a terminal or the right kind of file\n")
    return has, has and real


def refuse_completed(pod: Object) -> None:
    phase = (pod.get("status") or {}).get("phase")
    if phase in ("Succeeded", "Failed"):
        raise UsageError(f"cannot attach a container in a completed pod; current phase is {phase}")
