"""`kctl config set-context`."""

from __future__ import annotations

from typing import Any

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.config.shared import entry_of, load, save
from kctl.commands.context import Context
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    config = load(args)
    name = _name(args, config)
    body, made = entry_of(config, "contexts", name)
    for field in ("cluster", "namespace", "user"):
        if args.given(field):
            body[field] = args[field]
    body.setdefault("cluster", "")
    body.setdefault("user", "")
    save(args, config)
    ctx.say(f'Context "{name}" {"created" if made else "modified"}.')
    return 0


def _name(args: Args, config: dict[str, Any]) -> str:
    words = args.positional
    if len(words) > 1:
        raise UsageError(f"Unexpected args: [{' '.join(words)}]")
    if args["current"] and words:
        raise UsageError("you cannot specify both a context name and --current")
    if args["current"]:
        current: str = config["current-context"]
        return current or _first(config)
    if not words:
        raise UsageError("you must specify a non-empty context name or --current")
    return str(words[0])


def _first(config: dict[str, Any]) -> str:
    """The context that a fresh home works in all the same: kubectl has none to offer there,
    but kctl's own control plane is in use without any configuration."""
    if config["contexts"]:
        raise UsageError("no current context is set")
    config["current-context"] = DEFAULT
    return DEFAULT


DEFAULT = "default"
"""The name of the context of a home's own database."""

COMMAND = Command(
    name="set-context",
    summary="Set a context entry in kubeconfig",
    usage="set-context [NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] "
    "[--namespace=namespace]",
    examples="# Work in namespace dev from now on\n"
    "kctl config set-context --current --namespace=dev",
    options=(Option("current", "bool", help="Modify the current context"),),
    run=run,
)
