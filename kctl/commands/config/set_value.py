"""`kctl config set`."""

from __future__ import annotations

from typing import Any

from kctl.commands import kubeconfig
from kctl.commands.command import Command, UsageError
from kctl.commands.config.shared import entry_of, exactly, load, save
from kctl.commands.context import Context
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    path, value = exactly(args, 2)
    config = load(args)
    body, field = locate(config, path, make=True)
    body[field] = value
    save(args, config)
    ctx.say(f'Property "{path}" set.')
    return 0


def locate(config: dict[str, Any], path: str, *, make: bool) -> tuple[dict[str, Any], str]:
    """Where "contexts.NAME.FIELD" or "current-context" stands: a mapping and its key."""
    part, _, rest = path.partition(".")
    if part == "current-context" and not rest:
        return config, part
    name, _, field = rest.rpartition(".")
    if part not in ("clusters", "contexts", "users") or not name or not field:
        raise UsageError(f"no such property: {path}")
    if not make and kubeconfig.find(config, part, name) is None:
        raise UsageError(f"current map key `{name}` is invalid")
    return entry_of(config, part, name)[0], field


COMMAND = Command(
    name="set",
    summary="Set an individual value in a kubeconfig file",
    usage="set PROPERTY_NAME PROPERTY_VALUE",
    examples="kctl config set contexts.lab.namespace dev",
    options=(),
    run=run,
)
