"""`kctl config view`."""

from __future__ import annotations

import copy
from typing import Any

from kctl.commands import kubeconfig
from kctl.commands.command import Command, Option, UsageError
from kctl.commands.config.shared import load
from kctl.commands.context import Context
from kctl.commands.options import output
from kctl.commands.output import Result
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    config = load(args)
    if args["minify"]:
        config = _minified(config, args.get("context") or config["current-context"])
    if not args["raw"] and not args["flatten"]:
        config = _redacted(config)
    shown = {key: value for key, value in config.items() if key != "preferences" or value}
    for part in PARTS:
        listed = shown.get(part) or []
        shown[part] = sorted(listed, key=lambda entry: str(entry["name"])) or None
    if args["output"] in ("", "yaml"):
        from kctl.api.yaml_out import dump_yaml

        ctx.out.write(dump_yaml(shown))
        return 0
    Result(ctx, args).show(_ordered(shown), "")
    return 0


PARTS = ("clusters", "contexts", "users")
SECRETS = ("client-certificate-data", "client-key-data", "certificate-authority-data")
REDACTED = ("token", "password")


def _minified(config: dict[str, Any], current: str) -> dict[str, Any]:
    """The current context alone, with what it refers to."""
    if not current:
        raise UsageError("current-context must exist in order to minify")
    body = kubeconfig.context(config, current)
    keep = {"contexts": current, "clusters": body.get("cluster"), "users": body.get("user")}
    kept = {part: [e for e in config[part] if e["name"] == keep[part]] for part in PARTS}
    return {**config, **kept, "current-context": current}


def _redacted(config: dict[str, Any]) -> dict[str, Any]:
    shown = copy.deepcopy(config)
    for part, key in (("clusters", "cluster"), ("users", "user")):
        for entry in shown[part] or []:
            body = entry.get(key) or {}
            for field in body:
                if field in SECRETS:
                    body[field] = "DATA+OMITTED"
                elif field in REDACTED:
                    body[field] = "REDACTED"
    return shown


def _ordered(config: dict[str, Any]) -> dict[str, Any]:
    """The order of the fields in JSON, kubectl's."""
    first = ("kind", "apiVersion", "preferences", "clusters", "users", "contexts")
    order = [*first, "current-context"]
    return {key: config[key] for key in [*order, *config] if key in config}


COMMAND = Command(
    name="view",
    summary="Display merged kubeconfig settings or a specified kubeconfig file",
    examples="kctl config view",
    options=(
        *output(),
        Option("flatten", "bool", help="Has no effect: entries name no files."),
        Option("minify", "bool", help="Show only what the current context uses"),
        Option("raw", "bool", help="Display raw secrets"),
    ),
    run=run,
)
