"""`kctl config unset`."""

from __future__ import annotations

from kctl.commands import kubeconfig
from kctl.commands.command import Command
from kctl.commands.config.set_value import locate
from kctl.commands.config.shared import exactly, load, save
from kctl.commands.context import Context
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    path = exactly(args, 1)[0]
    config = load(args)
    part, _, name = path.partition(".")
    if part in ("clusters", "contexts", "users") and kubeconfig.find(config, part, name):
        config[part] = [each for each in config[part] if each["name"] != name]
    elif part == "current-context":
        config[part] = ""
    else:
        body, field = locate(config, path, make=False)
        body.pop(field, None)
    save(args, config)
    ctx.say(f'Property "{path}" unset.')
    return 0


COMMAND = Command(
    name="unset",
    summary="Unset an individual value in a kubeconfig file",
    usage="unset PROPERTY_NAME",
    examples="kctl config unset current-context",
    options=(),
    run=run,
)
