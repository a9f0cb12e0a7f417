"""kctl create secret generic."""

from __future__ import annotations

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.create import sources
from kctl.commands.create.generator import APPEND_HASH, PRINTING, name_of
from kctl.commands.create.secret.common import make, secret
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    sources.check(args)
    data: dict[str, bytes] = {}

    def add(key: str, value: bytes) -> None:
        sources.check_key(key, "Secret")
        if key in data:
            raise UsageError(f"cannot add key {key}, another key by that name already exists")
        data[key] = value

    sources.collect(args, add)
    return make(ctx, args, secret(ctx, args, name, data, args["type"]))


COMMAND = Command(
    name="generic",
    summary="Create a secret based on a file, directory, or specified literal value.",
    usage="generic NAME [--type=string] [--from-file=[key=]source] "
    "[--from-literal=key1=value1] [--dry-run=server|client|none]",
    examples="""
# Create a new secret named my-secret with key1=supersecret and key2=topsecret
kctl create secret generic my-secret --from-literal=key1=supersecret --from-literal=key2=topsecret

# Create a new secret named my-secret from env files
kctl create secret generic my-secret --from-env-file=path/to/foo.env
""",
    arguments=("NAME",),
    options=(
        *PRINTING,
        *sources.OPTIONS,
        APPEND_HASH,
        Option("type", help="The type of secret to create"),
    ),
    run=run,
)
