"""kctl create secret docker-registry."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.create.generator import APPEND_HASH, PRINTING, name_of
from kctl.commands.create.secret.common import make, secret
from kctl.commands.parse import Args
from kctl.printing.json_out import escape_html

_KEY = ".dockerconfigjson"


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    parts = (args["docker-username"], args["docker-password"], args["docker-server"])
    if not args["from-file"] and not all(parts):
        raise UsageError(
            "either --from-file or the combination of --docker-username, --docker-password and "
            "--docker-server is required"
        )
    content = _from_file(args["from-file"]) if args["from-file"] else _from_flags(args)
    return make(
        ctx, args, secret(ctx, args, name, {_KEY: content}, "kubernetes.io/dockerconfigjson")
    )


def _from_file(sources: list[str]) -> bytes:
    path = sources[-1].partition("=")[2] if "=" in sources[-1] else sources[-1]
    try:
        return Path(path).read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"error reading {path}: {reason}") from None


def _from_flags(args: Args) -> bytes:
    username, password = args["docker-username"], args["docker-password"]
    entry = {"username": username, "password": password}
    if args["docker-email"]:
        entry["email"] = args["docker-email"]
    entry["auth"] = base64.b64encode(f"{username}:{password}".encode()).decode()
    text = json.dumps(
        {"auths": {args["docker-server"]: entry}}, separators=(",", ":"), ensure_ascii=False
    )
    return escape_html(text).encode()


COMMAND = Command(
    name="docker-registry",
    summary="Create a new secret for use with Docker registries.",
    usage="docker-registry NAME --docker-username=user --docker-password=password "
    "--docker-email=email [--docker-server=string] [--from-file=[key=]source] "
    "[--dry-run=server|client|none]",
    examples="""
# Create a new secret named my-secret from ~/.docker/config.json
kctl create secret docker-registry my-secret --from-file=path/to/.docker/config.json
""",
    arguments=("NAME",),
    options=(
        *PRINTING,
        APPEND_HASH,
        Option("docker-email", help="Email for Docker registry"),
        Option("docker-password", help="Password for Docker registry authentication"),
        Option(
            "docker-server",
            default="https://index.docker.io/v1/",
            help="Server location for Docker registry",
        ),
        Option("docker-username", help="Username for Docker registry authentication"),
        Option("from-file", "slice", help="A file in the format of ~/.docker/config.json."),
    ),
    run=run,
)
