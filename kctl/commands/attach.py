"""`kctl attach`."""

from __future__ import annotations

from kctl.commands.attaching import attach, refuse_completed
from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.parse import Args
from kctl.commands.pods import default_container, named, pods_of, refuse_unknown
from kctl.commands.run import DETACH


def run(ctx: Context, args: Args) -> int:
    if not args.positional:
        raise UsageError("at least 1 argument is required for attach")
    if len(args.positional) > 1:
        words = " ".join(args.positional)
        raise UsageError(f"expected POD, TYPE/NAME, or TYPE NAME, saw 2 arguments: [{words}]")
    if args["pod-running-timeout"] <= 0:
        raise UsageError("--pod-running-timeout must be higher than zero")
    ctx.refresh()
    pod = pods_of(ctx, named(ctx, args.positional[0]))[0]
    refuse_completed(pod)
    container = args["container"] or default_container(ctx, pod, quiet=args["quiet"])
    refuse_unknown(pod, container)
    attach(
        ctx,
        pod,
        container,
        stdin=args["stdin"],
        tty=args["tty"],
        quiet=args["quiet"],
        detach_keys=args["detach-keys"],
    )
    return 0


COMMAND = Command(
    name="attach",
    summary="Attach to a process that is already running inside an existing container.",
    usage="attach (POD | TYPE/NAME) -c CONTAINER",
    examples="""
# See what the first container of pod "web" writes from now on
kctl attach web

# Type into container "shell" of pod "web", on a terminal
kctl attach web -c shell -i -t

# Attach to the first pod of a deployment
kctl attach deploy/web
""",
    arguments=("POD",),
    options=(
        Option("container", short="c", help="The container; by default the pod's first one."),
        Option("detach-keys", default=DETACH, help="Keys that leave the container running."),
        Option(
            "pod-running-timeout",
            "duration",
            60.0,
            "How long to wait until a pod is running.",
            shown="1m0s",
        ),
        Option("quiet", "bool", short="q", help="Print the session's output only."),
        Option("stdin", "bool", short="i", help="Pass stdin to the container."),
        Option("tty", "bool", short="t", help="Stdin is a terminal."),
    ),
    run=run,
)
