"""Taking pods away one beside the other: evict, try again while a budget forbids it, wait
until each is gone."""

from __future__ import annotations

from typing import Any

from kctl.commands.command import UsageError
from kctl.commands.context import Context
from kctl.commands.drain_pods import long_gone
from kctl.commands.objects import get
from kctl.commands.parse import Args
from kctl.printing.go_duration import text_of

Object = dict[str, Any]

RETRY = 5.0
"""Seconds until an eviction that a budget forbade is tried again."""


class Going:
    """One pod on its way out."""

    __slots__ = ("asked", "due", "pod")

    def __init__(self, pod: Object) -> None:
        self.pod = pod
        self.due = 0.0
        self.asked = False
        """The eviction was granted; now it takes its grace."""

    @property
    def name(self) -> str:
        return str(self.pod["metadata"]["name"])

    @property
    def namespace(self) -> str:
        return str(self.pod["metadata"]["namespace"])


class Evictions:
    """`work` does what is due, and answers whether nothing is left. It never waits."""

    def __init__(self, ctx: Context, args: Args, pods: list[Object], dry: str) -> None:
        self._ctx, self._dry = ctx, dry
        self._left = [Going(pod) for pod in pods]
        self._grace = args["grace-period"] if args["grace-period"] >= 0 else None
        self.evict = not args["disable-eviction"]
        self._skip_after: int = args["skip-wait-for-delete-timeout"]
        self._timeout: float = args["timeout"]
        self._deadline = ctx.time() + self._timeout if self._timeout else None
        self._seen = -1
        self.errors: list[Exception] = []
        """What went wrong with single pods."""

    def work(self) -> bool:
        now = self._ctx.time()
        for each in [each for each in self._left if not each.asked and each.due <= now]:
            self._ask(each, now)
        revision = self._ctx.plane.store.revision()
        if revision != self._seen or self._over(now):
            self._seen = revision
            for each in [each for each in self._left if each.asked]:
                self._look(each, now)
        self._ctx.out.flush()
        return not self._left

    def _over(self, now: float) -> bool:
        return self._deadline is not None and now >= self._deadline

    def _ask(self, each: Going, now: float) -> None:
        """One try to evict (or delete) the pod."""
        from kctl.api.errors import ApiError

        if self.evict:
            how = " (server dry run)" if self._dry == "server" else ""
            self._ctx.say(f"evicting pod {each.namespace}/{each.name}{how}")
            if self._over(now):
                over = f"global timeout reached: {text_of(self._timeout)}"
                self._fail(each, f"evicting {self._named(each)}: {over}")
                return
        try:
            self._send(each)
        except ApiError as error:
            self._refused(each, error, now)
            return
        each.asked = True
        if self._dry == "server":
            self._left.remove(each)

    def _send(self, each: Going) -> None:
        api, dry = self._ctx.plane.api, self._dry == "server"
        if not self.evict:
            api.delete("pods", each.name, each.namespace, grace=self._grace, dry_run=dry)
            return
        options = {} if self._grace is None else {"gracePeriodSeconds": self._grace}
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": each.name, "namespace": each.namespace},
            "deleteOptions": options,
        }
        api.evict(each.name, each.namespace, body, dry_run=dry)

    def _refused(self, each: Going, error: Any, now: float) -> None:
        if error.reason == "NotFound":
            self._left.remove(each)
        elif not self.evict:
            self._left.clear()  # as kubectl: the first pod that cannot be deleted ends it
            self.errors.append(error)
        elif error.reason == "TooManyRequests":
            each.due = now + RETRY
            self._ctx.out.flush()
            self._ctx.err.write(
                f"error when evicting {self._named(each)} (will retry after 5s): {error.message}\n"
            )
        else:
            self._fail(each, f"evicting {self._named(each)}: {error.message}")

    def _look(self, each: Going, now: float) -> None:
        """Whether a pod that was asked to go is gone."""
        obj = get(self._ctx, "pods", each.namespace, each.name)
        if obj is None or obj["metadata"]["uid"] != each.pod["metadata"]["uid"]:
            self._ctx.say(f"pod/{each.name} {'evicted' if self.evict else 'deleted'}")
            self._left.remove(each)
        elif long_gone(obj, self._skip_after, now):
            self._ctx.say(
                f'pod "{each.name}" has DeletionTimestamp older than {self._skip_after} '
                "seconds, skipping"
            )
            self._left.remove(each)
        elif self._over(now):
            if not self.evict:
                self._left.clear()
                self.errors = [UsageError("context deadline exceeded")]
                return
            where = f'pod "{each.name}" in namespace "{each.namespace}"'
            self._fail(each, f"waiting for {where} to terminate: context deadline exceeded")

    def _named(self, each: Going) -> str:
        return f'pods/"{each.name}" -n "{each.namespace}"'

    def _fail(self, each: Going, what: str) -> None:
        self._left.remove(each)
        self.errors.append(UsageError(f"error when {what}"))
