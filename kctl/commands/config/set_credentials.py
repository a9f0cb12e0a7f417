"""`kctl config set-credentials`."""

from __future__ import annotations

from kctl.commands.command import Command
from kctl.commands.config.shared import entry_of, exactly, load, save
from kctl.commands.context import Context
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = exactly(args, 1)[0]
    config = load(args)
    body, _ = entry_of(config, "users", name)
    for flag, field in FIELDS.items():
        if args.given(flag):
            body[field] = args[flag]
    save(args, config)
    ctx.say(f'User "{name}" set.')
    return 0


FIELDS = {
    "token": "token",
    "username": "username",
    "password": "password",
    "client-certificate": "client-certificate",
    "client-key": "client-key",
}
"""Flag -> the field of the user entry."""


COMMAND = Command(
    name="set-credentials",
    summary="Set a user entry in kubeconfig",
    usage="set-credentials NAME [--token=bearer_token]",
    examples="kctl config set-credentials bob --username=bob",
    options=(),
    run=run,
)
