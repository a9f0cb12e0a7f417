"""`kctl docker-env`: point a Docker client at a node's engine.

Over SSH the docker command connects by itself (`ssh://`): that needs no kctl to stay around
and lasts as long as the shell does. It reads ssh's own configuration, and cannot be told of
another (KCTL_SSH_CONFIG) or of another socket there; then it is pointed at kctl's forward.
"""

from __future__ import annotations

import os
import shlex

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.objects import get
from kctl.commands.parse import Args

SHELLS = ("bash", "fish", "powershell", "sh", "zsh")
LOCAL = "KCTL_LOCAL_HOST"
"""Which engine kctl takes for this machine's own: DOCKER_HOST says something else now."""
_USUAL = "unix:///var/run/docker.sock"


def run(ctx: Context, args: Args) -> int:
    shell = args["shell"] or os.path.basename(os.environ.get("SHELL", ""))  # noqa: PTH119
    if args["shell"] and shell not in SHELLS:
        raise UsageError(f'--shell must be one of: {", ".join(SHELLS)}; not "{shell}"')
    shell = shell if shell in ("fish", "powershell") else "bash"
    if args["unset"]:
        if len(args.positional) > 1:
            raise UsageError("give the name of one node at most with --unset")
        ctx.out.write(script(unset(os.environ.get(LOCAL, "")), shell))
        return 0
    if len(args.positional) != 1:
        raise UsageError("give the name of one node: kctl docker-env NODE")
    name = args.positional[0].removeprefix("node/").removeprefix("no/")
    url = _engine(ctx, name, args["forward"])
    own = os.environ.get(LOCAL) or os.environ.get("DOCKER_HOST") or _USUAL
    changes: dict[str, str | None] = {"DOCKER_HOST": url, "DOCKER_CONTEXT": None, LOCAL: own}
    again = " ".join(shlex.quote(word) for word in ["kctl", *_again(name, args)])
    ctx.out.write(script(changes, shell) + _hint(again, shell))
    return 0


def _again(name: str, args: Args) -> list[str]:
    forward = ["--forward"] if args["forward"] else []
    shell = [f"--shell={args['shell']}"] if args["shell"] else []
    return ["docker-env", name, *forward, *shell]


def _engine(ctx: Context, name: str, forward: bool) -> str:
    """What DOCKER_HOST is to be. Raises the API's NotFound, and UsageError."""
    from kctl.api.errors import not_found
    from kctl.controllers.node_registration import host_of

    node = get(ctx, "nodes", "", name)
    if node is None:
        raise not_found("nodes", name)
    url = host_of(node)
    if url.startswith("unix://"):
        return url
    if not url.startswith("ssh://"):
        raise UsageError(f'node "{name}" has no Docker engine that a client could use')
    from kctl.runtime.ssh.connection import Connection
    from kctl.runtime.ssh.url import SOCKET, parse
    from kctl.runtime.types import HostUnreachable

    try:
        target = parse(url)
        if not (forward or os.environ.get("KCTL_SSH_CONFIG") or target.socket != SOCKET):
            return str(target)
        connection = Connection(url)
        try:
            connection.ensure()
        finally:
            connection.close()
    except (HostUnreachable, ValueError) as error:
        raise UsageError(f'node "{name}" does not answer: {error}') from None
    return f"unix://{connection.socket}"


def unset(own: str) -> dict[str, str | None]:
    """What to change back. `own` is what LOCAL holds: "none" was there before."""
    if own in ("", "none"):
        return {"DOCKER_HOST": None}
    return {"DOCKER_HOST": None if own == _USUAL else own, LOCAL: None}


def script(changes: dict[str, str | None], shell: str) -> str:
    """Lines that set variables, or unset those that are None."""
    lines = []
    for name, value in changes.items():
        if value is None:
            lines.append(_UNSET[shell].format(name))
        else:
            lines.append(_SET[shell].format(name, quoted(value, shell)))
    return "".join(f"{line}\n" for line in lines)


_SET = {
    "bash": "export {}={}",
    "fish": "set -gx {} {};",
    "powershell": "$Env:{} = {}",
}
_UNSET = {
    "bash": "unset {}",
    "fish": "set -e {};",
    "powershell": "Remove-Item Env:\\{} -ErrorAction SilentlyContinue",
}


def quoted(value: str, shell: str) -> str:
    """A word that the shell takes as it is."""
    if shell == "fish":
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    if shell == "powershell":
        escaped = value.replace("'", "''")
        return f"'{escaped}'"
    return shlex.quote(value)


def _hint(again: str, shell: str) -> str:
    how = {
        "bash": f'eval "$({again})"',
        "fish": f"{again} | source",
        "powershell": f"& {again} | Out-String | Invoke-Expression",
    }
    return f"# Run this command to configure your shell:\n# {how[shell]}\n"


COMMAND = Command(
    name="docker-env",
    summary="Print the variables that point a Docker client at a node",
    usage="docker-env NODE [--shell=bash|fish|powershell] [-u]",
    description="Print the variables that point a Docker client at the engine of a node.\n\n"
    "A node over SSH is reached by the docker command itself, with ssh's own configuration. "
    "Where KCTL_SSH_CONFIG names another one, or with --forward, it is kctl's own connection, "
    "which stands until ten minutes after its last use.",
    examples="""
# Build an image on a node, and go back
eval "$(kctl docker-env web1)"
docker build -t web:1 .
eval "$(kctl docker-env -u)"
""",
    arguments=("node",),
    options=(
        Option("forward", "bool", help="Use kctl's own connection: faster, and not for long."),
        Option("shell", help="bash, fish, powershell, sh or zsh; what $SHELL says by default."),
        Option("unset", "bool", short="u", help="Print how to go back."),
    ),
    run=run,
)
