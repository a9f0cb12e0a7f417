"""What a command works with: the streams, the namespace, the doors to the store.

Everything is made when it is first asked for, so that a read never opens more than the
store's read-only door.
"""

from __future__ import annotations

import os
import sys

from kctl.commands.command import Exit, UsageError
from kctl.commands.lazy import lazy
from kctl.commands.options import IMPERSONATION, WITHOUT_EFFECT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import TextIO

    from kctl.commands.light_config import Target
    from kctl.commands.parse import Args
    from kctl.reconcile.plane import Plane
    from kctl.runtime.operations import Operation
    from kctl.server.auth.pod_tokens import PodTokens
    from kctl.store.reader import Reader


def default_home() -> str:
    """$KCTL_HOME, or ~/.kctl."""
    return os.environ.get("KCTL_HOME") or os.path.join(os.path.expanduser("~"), ".kctl")  # noqa: PTH111, PTH118


class Context:
    """One run of one command. Streams may be replaced for tests."""

    def __init__(
        self,
        args: Args,
        *,
        out: TextIO | None = None,
        err: TextIO | None = None,
        stdin: TextIO | None = None,
    ) -> None:
        self.args = args
        self.out: TextIO = out or sys.stdout
        self.err: TextIO = err or sys.stderr
        self.stdin: TextIO = stdin or sys.stdin
        self.warnings = 0
        stored = args.path.startswith("config ")  # there they are what is written to the file
        asking = args.path.startswith("auth ")
        for name in args.flags_given():
            if asking and name in IMPERSONATION:
                continue
            if isinstance(args[name], list) and name == "user":
                continue  # the subjects of a binding, which take the name of the global flag
            if name in WITHOUT_EFFECT and not stored:
                self.warn(f"--{name} has no effect: this control plane is a file, not a server")

    def say(self, text: str) -> None:
        """One line on standard output."""
        self.out.write(text + "\n")

    def warn(self, message: str) -> None:
        """One warning on standard error, as the API server's are printed."""
        self.warnings += 1
        self.err.write(f"Warning: {message}\n")

    def now(self) -> datetime:
        from datetime import UTC, datetime

        return datetime.now(UTC)

    def time(self) -> float:
        """Now, in epoch seconds."""
        import time

        return time.time()

    @lazy
    def target(self) -> Target:
        """The control plane that this command means: --server, or the kubeconfig's context."""
        from kctl.commands.light_config import resolve

        return resolve(self.args, default_home())

    @property
    def home(self) -> str:
        """The directory that holds the database."""
        return self.target.home

    @property
    def namespace(self) -> str:
        """-n, or the context's namespace, or "default"."""
        return self.args.get("namespace") or self.target.namespace or "default"

    @property
    def namespace_given(self) -> bool:
        """True where -n stood on the command line: kubectl then refuses other namespaces
        in files."""
        return self.args.given("namespace")

    @property
    def scope(self) -> str | None:
        """The namespace to list, None for all of them (-A)."""
        return None if self.args.get("all-namespaces") else self.namespace

    @lazy
    def reader(self) -> Reader:
        """The read-only door. A home without a database is born first."""
        from kctl.store.errors import NoDatabase, OlderSchema
        from kctl.store.reader import Reader

        try:
            return Reader.open(self.target.database)
        except (NoDatabase, OlderSchema):
            _ = self.plane  # makes it, or brings it up to date
            return Reader.open(self.target.database)

    @lazy
    def plane(self) -> Plane:
        """The opened control plane: .store .api .kinds .settings. Heavy."""
        import gc
        from pathlib import Path

        from kctl.reconcile.plane import Plane

        plane = Plane.open(Path(self.home), url=self.target.database)
        plane.warn = self.warn
        plane.prepare = self._prepare
        plane.store.author = self._author
        gc.freeze()  # modules live as long as the process
        gc.enable()
        return plane

    def _author(self) -> str:
        """How the audit trail names whoever runs this command."""
        import getpass
        import json

        try:
            user = getpass.getuser()
        except (KeyError, OSError):  # an account that has no name
            user = f"uid {os.getuid()}"
        return json.dumps({"user": user, "verb": self.args.path, "agent": "kctl"})

    def _prepare(self, operation: Operation) -> Operation:
        """Sign the tokens that a container is to be started with."""
        from kctl.runtime.operations import StartContainer

        if not isinstance(operation, StartContainer) or not operation.tokens:
            return operation
        return self.pod_tokens.fill(operation)

    @lazy
    def pod_tokens(self) -> PodTokens:
        from pathlib import Path

        from kctl.server.auth.pod_tokens import PodTokens

        return PodTokens(Path(self.home))

    def settle(
        self,
        *,
        until: Callable[[], bool] | None = None,
        timeout: float | None = None,
        anew: bool = False,
    ) -> None:
        """After a write: run the pass, or leave it to whoever holds the lease; go on until
        `until` holds, at most `timeout` seconds. What is written stays written where no
        host answers; the exit code tells of it. As long as some host answers, one that does
        not is worth a warning: what is written is carried out where it can be. `anew`: by
        settings that have just changed."""
        from kctl.reconcile.after import after_write

        self.out.flush()
        summary = after_write(self.plane, until=until, timeout=timeout, anew=anew)
        for node, why in summary.unreachable.items():
            if summary.answering and node:
                self.warn(f'node "{node}" does not answer: {why}')
                continue
            where = f'node "{node}" does not answer: ' if node else ""
            self.err.write(f"error: saved, but not carried out: {where}{why}\n")
        for node, why in summary.refused.items():
            self.warn(f'node "{node}" cannot be used: {why}')
        if summary.unreachable and not summary.answering:
            raise Exit(1)

    def refresh(self) -> None:
        """Before a read: a pass where the last one is too old and something changed."""
        from kctl.reconcile.glance import refresh

        refresh(self.home, self.reader)


def no_kustomize(args: Args) -> None:
    """kctl has no kustomize: -k is refused, never ignored."""
    if args.get("kustomize"):
        raise UsageError("-k is not supported: build with kustomize and pipe it to -f -")
