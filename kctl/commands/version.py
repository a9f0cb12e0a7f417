"""`kctl version`: of this program, and of the API that it serves."""

from __future__ import annotations

import sys
from typing import Any

from kctl import __version__
from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.parse import Args

API_VERSION = "v1.37.1"
"""The Kubernetes release whose API, defaults and texts kctl follows."""


def _build() -> dict[str, Any]:
    major, minor, _ = __version__.split(".", 2)
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"v{__version__}",
        "platform": f"linux/{_machine()}",
        "pythonVersion": sys.version.split()[0],
    }


def _machine() -> str:
    import os

    machine = os.uname().machine
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def run(ctx: Context, args: Args) -> int:
    versions: dict[str, Any] = {"clientVersion": _build()}
    if not args["client"]:
        server = {"major": "1", "minor": "37", "gitVersion": f"{API_VERSION}+kctl"}
        versions["serverVersion"] = server
    match args["output"]:
        case "":
            ctx.say(f"Client Version: {versions['clientVersion']['gitVersion']}")
            if "serverVersion" in versions:
                ctx.say(f"Server Version: {versions['serverVersion']['gitVersion']}")
        case "json":
            import json

            ctx.say(json.dumps(versions, indent=2))
        case "yaml":
            from kctl.api.yaml_out import dump_yaml

            ctx.out.write(dump_yaml(versions))
        case _:
            raise UsageError("--output must be 'yaml' or 'json'")
    return 0


COMMAND = Command(
    name="version",
    summary="Print the client and server version information",
    description="The server version is that of the Kubernetes API that kctl serves.",
    examples="# Print both versions\nkctl version",
    options=(
        Option("client", "bool", help="If true, shows client version only (no server required)."),
        Option("output", short="o", help="One of 'yaml' or 'json'."),
    ),
    run=run,
)
