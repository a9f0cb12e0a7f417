"""Which control plane and namespace a command means, without parsing YAML twice.

What the current context of a kubeconfig file resolves to is kept beside it, stamped
with the file's identity, so that a read command costs one stat and one small read.
"""

from __future__ import annotations

import os

from kctl.commands.command import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kctl.commands.parse import Args

_OVERRIDES = ("context", "cluster", "user")


class Target:
    """A control plane: the directory `home`, its `database` file, the context's namespace."""

    __slots__ = ("database", "home", "namespace")

    def __init__(self, database: str, namespace: str = "") -> None:
        self.database, self.namespace = database, namespace
        self.home = os.path.dirname(database)  # noqa: PTH120


def database_in(home: str) -> str:
    """Where a home keeps its database."""
    return home + "/kctl.db"


def config_path(args: Args, home: str) -> str:
    """--kubeconfig, $KCTL_CONFIG, or the file `config` of the home. $KUBECONFIG is left to
    kubectl: it names clusters, not databases."""
    return args.get("kubeconfig") or os.environ.get("KCTL_CONFIG") or home + "/config"


def resolve(args: Args, home: str) -> Target:
    """Raises UsageError with kubectl's texts for contexts and clusters that do not exist."""
    server = args.get("server")
    path = config_path(args, home)
    try:
        stat = os.stat(path)  # noqa: PTH116
    except OSError:
        if args.get("kubeconfig"):
            raise UsageError(f"stat {path}: no such file or directory") from None
        if args.get("context"):
            raise UsageError(f'context "{args["context"]}" does not exist') from None
        if args.get("cluster"):
            raise UsageError(f'cluster "{args["cluster"]}" does not exist') from None
        return Target(database_of(server, home) if server else database_in(home))
    if server or any(args.get(name) for name in _OVERRIDES):
        return _resolve_in_full(args, path, home)
    stamp = f"{stat.st_mtime_ns} {stat.st_size} {stat.st_ino} {path}"
    remembered = _remembered(path, stamp)
    if remembered is None:
        remembered = _resolve_in_full(args, path, home)
        _remember(path, stamp, remembered)
    return remembered


def database_of(server: str, home: str) -> str:
    """The path of a cluster entry's `server`: sqlite:////absolute, or sqlite:///relative to
    the home; "" means the home's own database."""
    if not server:
        return database_in(home)
    if server.startswith("sqlite:///") and len(server) > len("sqlite:///"):
        return os.path.normpath(os.path.join(home, server[len("sqlite:///") :]))  # noqa: PTH118
    raise UsageError(
        f'the server "{server}" is not a kctl control plane: give sqlite:////path/to/kctl.db'
    )


def _resolve_in_full(args: Args, path: str, home: str) -> Target:
    from kctl.commands import kubeconfig

    config = kubeconfig.load(path)
    context = kubeconfig.context(config, args.get("context") or "")
    cluster = kubeconfig.cluster(config, args.get("cluster") or context.get("cluster") or "")
    server = args.get("server") or cluster.get("server") or ""
    return Target(database_of(server, home), context.get("namespace") or "")


def _remembered(path: str, stamp: str) -> Target | None:
    try:
        with open(path + ".cache", encoding="utf-8") as file:
            lines = file.read().split("\n")
    except OSError:
        return None
    return Target(lines[1], lines[2]) if len(lines) == 3 and lines[0] == stamp else None


def _remember(path: str, stamp: str, target: Target) -> None:
    if "\n" in target.database + target.namespace + stamp:
        return
    try:
        temporary = f"{path}.cache.{os.getpid()}"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{stamp}\n{target.database}\n{target.namespace}")
        os.replace(temporary, path + ".cache")  # noqa: PTH105
    except OSError:
        return  # a directory that we may not write to: the next command parses again
