"""`kctl join`: a machine with Docker becomes a node."""

from __future__ import annotations

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.parse import Args
from kctl.commands.run import labels
from kctl.commands.taint_words import parse_taints

MODES = ("auto", "route", "vxlan", "published")


def run(ctx: Context, args: Args) -> int:
    words = args.positional
    if not 1 <= len(words) <= 2:
        raise UsageError(
            "USAGE: join HOST [NAME] [flags]", hint="See 'kctl join -h' for help and examples"
        )
    mode = args["pod-network"]
    if mode not in MODES:
        raise UsageError(f"--pod-network must be one of: {', '.join(MODES)}; not {mode!r}")
    wanted_labels = labels(args["labels"]) if args["labels"] else {}
    wanted_taints = parse_taints(args["taints"])
    from kctl.reconcile.join import CannotJoin, Request, join

    request = Request(
        url=words[0],
        name=words[1] if len(words) == 2 else "",
        labels=wanted_labels,
        taints=wanted_taints,
        mode="" if mode == "auto" else mode,
    )
    try:
        node = join(ctx.plane, request)
    except CannotJoin as error:
        raise UsageError(str(error)) from None
    ctx.say(f"node/{node['metadata']['name']} joined")
    return 0


COMMAND = Command(
    name="join",
    summary="Make a node of a machine that runs Docker",
    usage="join HOST [NAME] [--labels=KEY=VALUE,...] [--taints=KEY=VALUE:EFFECT,...]",
    description="Make a node of a machine that runs Docker.\n\n"
    "HOST is ssh://[user@]host[:port], or "
    "unix:///path/to/docker.sock for an engine of this machine. A host is reached with ssh's own "
    "configuration, agent and known hosts, and needs nothing but Docker 20.10 or newer and an "
    "account that may use it. Without NAME the node is called as the host calls itself. Where "
    "something stands in the way, nothing of the node is left.",
    examples="""
# Make a node of a machine
kctl join ssh://root@web1.example.com

# Call it web1, label it, and let only pods run there that tolerate the taint
kctl join ssh://deploy@203.0.113.7:2222 web1 --labels=disk=ssd --taints=dedicated=db:NoSchedule

# Let its pods be reached from other nodes over a VXLAN
kctl join ssh://web2 --pod-network=vxlan
""",
    arguments=("HOST", "NAME"),
    options=(
        Option("labels", short="l", help="Comma separated labels to apply to the node."),
        Option("taints", "slice", help="Comma separated taints to apply to the node."),
        Option(
            "pod-network",
            default="auto",
            help='How other nodes reach its pods. Must be "auto", "route", "vxlan" or "published".',
        ),
    ),
    run=run,
)
