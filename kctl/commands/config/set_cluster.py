"""`kctl config set-cluster`."""

from __future__ import annotations

from kctl.commands.command import Command
from kctl.commands.config.shared import entry_of, exactly, load, save
from kctl.commands.context import Context
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = exactly(args, 1)[0]
    config = load(args)
    body, _ = entry_of(config, "clusters", name)
    if args.given("server"):
        body["server"] = args["server"]
    save(args, config)
    ctx.say(f'Cluster "{name}" set.')
    return 0


COMMAND = Command(
    name="set-cluster",
    summary="Set a cluster entry in kubeconfig",
    usage="set-cluster NAME [--server=server]",
    examples="kctl config set-cluster lab --server=sqlite:///srv/kctl/kctl.db",
    options=(),
    run=run,
)
