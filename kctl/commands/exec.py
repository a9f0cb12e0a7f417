"""`kctl exec`."""

from __future__ import annotations

import sys

from kctl.api.errors import bad_request, internal
from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.options import filename
from kctl.commands.parse import Args
from kctl.commands.pods import (
    Engines,
    default_container,
    named,
    pods_of,
    refuse_unknown,
)
from kctl.runtime.pod_status import engine_id, status_of


def run(ctx: Context, args: Args) -> int:
    words = list(args.positional)
    if not words and not args["filename"]:
        raise UsageError("pod, type/name or --filename must be specified")
    command = args.after_dash
    if args.dash_at < 0 and len(words) > 1:
        raise UsageError(
            "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead",
            hint="See 'kctl exec -h' for help and examples",
        )
    if not command:
        raise UsageError("you must specify at least one command for the container")
    ctx.refresh()
    pod = pods_of(ctx, named(ctx, words[0]))[0]
    name = pod["metadata"]["name"]
    phase = (pod.get("status") or {}).get("phase")
    if phase in ("Succeeded", "Failed"):
        raise UsageError(
            f"cannot exec into a container in a completed pod; current phase is {phase}"
        )
    container = args["container"] or default_container(ctx, pod, quiet=args["quiet"])
    refuse_unknown(pod, container)
    status = status_of(pod, container)
    if not (status.get("state") or {}).get("running"):
        if not (pod["spec"].get("nodeName")):
            raise bad_request(f"pod {name} does not have a host assigned")
        raise internal(f'unable to upgrade connection: container not found ("{container}")')
    tty = _wants_tty(ctx, args)
    engines = Engines(ctx)
    try:
        stream = engines.of(pod).exec(
            engine_id(status["containerID"]), command, stdin=args["stdin"], tty=tty
        )
        code = stream.run(
            sys.stdin.buffer if args["stdin"] else None, sys.stdout.buffer, sys.stderr.buffer
        )
    finally:
        engines.close()
    if code:
        ctx.err.write(f"command terminated with exit code {code}\n")
    return code


def _wants_tty(ctx: Context, args: Args) -> bool:
    """A terminal is given only where there is one to connect it to."""
    if not args["tty"]:
        return False
    if not args["stdin"] or not ctx.stdin.isatty():
        ctx.err.write("Unable to use a TTY - input is not a terminal or the right kind of file\n")
        return False
    return True


COMMAND = Command(
    name="exec",
    summary="Execute a command in a container",
    usage="exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]",
    examples="# The date, in the first container of pod 'web'\nkctl exec web -- date\n"
    "# A shell on a terminal\nkctl exec -it web -- sh",
    options=(
        Option("container", short="c", help="Container name."),
        *filename("to use to exec into the resource"),
        Option("pod-running-timeout", "duration", 60.0, "How long to wait for a pod", shown="1m0s"),
        Option("quiet", "bool", short="q", help="Only print output from the remote session"),
        Option("stdin", "bool", short="i", help="Pass stdin to the container"),
        Option("tty", "bool", short="t", help="Stdin is a TTY"),
    ),
    arguments=("pod",),
    dash=True,
    run=run,
)
