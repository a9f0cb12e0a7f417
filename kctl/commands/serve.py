"""kctl serve: the Kubernetes API over HTTPS, for every client that speaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.parse import Args

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping
    from pathlib import Path

    from kctl.api.user import User
    from kctl.server.auth.pki import Pki
    from kctl.server.publish import Place


def run(ctx: Context, args: Args) -> int:
    from pathlib import Path

    from kctl.reconcile.log import Log

    if args.positional:
        raise UsageError(f"unexpected arguments: [{' '.join(args.positional)}]")
    if args["log-level"] not in Log.LEVELS:
        levels = ", ".join(Log.LEVELS)
        raise UsageError(f'--log-level "{args["log-level"]}" is none of: {levels}')
    home = Path(ctx.home)
    if args["install-systemd"]:
        return _install(ctx, args, home)
    return _serve(ctx, args, home)


def _install(ctx: Context, args: Args, home: Path) -> int:
    from kctl.reconcile.systemd import SystemdError, install_server

    words = ["serve", f"--listen={args['listen']}"]
    words += [
        f"--{name}={args[name]}" for name in ("advertise-address", "token-auth-file") if args[name]
    ]
    try:
        ctx.say(f"{install_server(home, words)} installed, enabled and started")
    except SystemdError as error:
        ctx.err.write(f"error: {error}\n")
        return 1
    return 0


def _serve(ctx: Context, args: Args, home: Path) -> int:
    from kctl.reconcile.log import Log
    from kctl.server import serve
    from kctl.server.state import Server

    bound = _bound(args["listen"])
    place = _place(args, bound)
    pki = _pki(home, bound)
    server = Server(
        home, pki, _users(args["token-auth-file"]), url=ctx.target.database, debug=args["debug"]
    )
    reconciler = None
    if not args["no-reconcile"]:
        reconciler = serve.Reconciler(home, ctx.target.database, Log(args["log-level"]))
    if args.given("write-kubeconfig"):
        _write_kubeconfig(ctx, args["write-kubeconfig"], pki, _address(bound))
    serve.run(server, bound, reconciler, lambda: _ready(ctx, bound), place)
    return 0


def _place(args: Args, bound: socket.socket) -> Place | None:
    """Where pods reach the server."""
    from kctl.server.publish import place_of

    try:
        return place_of(bound.getsockname()[:2], args["advertise-address"])
    except ValueError as error:
        raise UsageError(f"--advertise-address: {error}") from None


def _bound(address: str) -> socket.socket:
    from kctl.server.serve import listen

    try:
        return listen(address)
    except OSError as error:
        raise UsageError(f"cannot listen at {address}: {_reason(error)}") from None
    except ValueError as error:
        raise UsageError(str(error)) from None


def _reason(error: OSError) -> str:
    """The system's own words: `socket` adds the address to its own."""
    import os

    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)


def _pki(home: Path, bound: socket.socket) -> Pki:
    from kctl.server.auth import pki

    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return pki.ensure(home, [bound.getsockname()[0]])
    except pki.PkiError as error:
        raise UsageError(str(error)) from None


def _users(path: str) -> Mapping[bytes, User]:
    from kctl.server.security import users_of

    try:
        return users_of(path)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _address(bound: socket.socket) -> str:
    """The URL that a client on this machine uses."""
    host, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


def _write_kubeconfig(ctx: Context, path: str, pki: Pki, address: str) -> None:
    from pathlib import Path

    from kctl.server.auth import kubeconfig

    target = Path(path) if path else kubeconfig.default_path()
    try:
        written = kubeconfig.write_context(target, address, pki)
    except kubeconfig.KubeconfigError as error:
        raise UsageError(str(error)) from None
    ctx.say(f'context "{kubeconfig.CONTEXT}" written to {written}')
    ctx.out.flush()


def _ready(ctx: Context, bound: socket.socket) -> None:
    from kctl.reconcile.notify import notify

    ctx.say(f"serving the Kubernetes API at {_address(bound)}")
    ctx.out.flush()
    notify("READY=1")


COMMAND = Command(
    name="serve",
    summary="Serve the Kubernetes API",
    usage="serve [--listen=HOST:PORT] [--write-kubeconfig[=FILE]] [--no-reconcile]",
    description="""Serve the Kubernetes API over HTTPS, for kubectl and every other client.

 The certificates are made on first use, under pki in the home. While it runs the hosts are brought into line, as by `kctl reconcile --watch`. SIGTERM ends it cleanly.""",  # noqa: E501 - as printed
    examples="""# Serve on this machine, and have kubectl know it
kctl serve --write-kubeconfig

# Serve a network, with users of one's own
kctl serve --listen=0.0.0.0:6443 --token-auth-file=users.csv

# Have systemd keep it running
kctl serve --install-systemd""",
    options=(
        Option(
            "advertise-address",
            help="IPv4 address at which pods reach the server; by default the one it listens at.",
        ),
        Option("debug", "bool", help="Print tracebacks of defects."),
        Option("install-systemd", "bool", help="Write, enable and start a systemd unit."),
        Option(
            "listen", default="127.0.0.1:6443", help="Address to listen at; port 0: a free one."
        ),
        Option("log-level", default="info", help="debug, info, warning, error or none."),
        Option("no-reconcile", "bool", help="Only serve: leave the hosts to another process."),
        Option("token-auth-file", help='CSV file of tokens: token,user,uid[,"group,..."].'),
        Option(
            "write-kubeconfig",
            bare="",
            help="Write a context into this kubeconfig file ($KUBECONFIG or ~/.kube/config).",
        ),
    ),
    run=run,
)
