"""Which pods of a node a drain takes away, and why it must not take the others.

The rules are those of `kubectl drain`; a pod is asked through one after another, and the
first that keeps it ends the questions.
"""

from __future__ import annotations

from typing import Any

from kctl.commands.command import UsageError
from kctl.commands.context import Context
from kctl.commands.parse import Args

Object = dict[str, Any]

MIRROR = "kubernetes.io/config.mirror"
_DAEMON_SET = "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)"
_LOCAL = "Pods with local storage (use --delete-emptydir-data to override)"
_UNMANAGED = "cannot delete Pods that declare no controller (use --force to override)"


class Verdict:
    """What one rule says of a pod: take it or leave it, with a warning or a refusal."""

    __slots__ = ("refusal", "take", "warning")

    def __init__(self, take: bool, *, warning: str = "", refusal: str = "") -> None:
        self.take, self.warning, self.refusal = take, warning, refusal


_TAKE = Verdict(True)


class Failed(Exception):
    """A node that could not be drained: what went wrong with its pods, at least one error.
    Its text is that of Go's aggregate of errors. `joined` is False for the one error of a
    plain deletion, which kubectl prints as it prints any error."""

    def __init__(self, errors: list[Exception], *, joined: bool = True) -> None:
        texts = list(dict.fromkeys(str(each) for each in errors))
        super().__init__(texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]")
        self.errors, self.joined = errors, joined


class Chosen:
    """The pods of one node that are to go, with what there is to say of all of them."""

    def __init__(self) -> None:
        self.pods: list[Object] = []
        self.warnings: dict[str, list[str]] = {}
        self.refusals: dict[str, list[str]] = {}

    def warning(self) -> str:
        return "; ".join(f"{text}: {', '.join(pods)}" for text, pods in self.warnings.items())

    def failed(self) -> Failed:
        """What forbids the drain."""
        return Failed(
            [
                UsageError(f"{_refusal(text)}: {', '.join(pods)}")
                for text, pods in sorted(self.refusals.items())
            ]
        )


def _refusal(text: str) -> str:
    return text if text.lower().startswith("cannot delete") else f"cannot delete {text}"


def choose(ctx: Context, args: Args, node: str) -> Chosen:
    """Ask the rules about every pod of the node that --pod-selector lets through."""
    chosen = Chosen()
    listed = ctx.plane.api.list(
        "pods",
        None,
        label_selector=args["pod-selector"],
        field_selector=f"spec.nodeName={node}",
    )
    for pod in listed.items:
        verdict = _judge(ctx, args, pod)
        name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        if verdict.refusal:
            chosen.refusals.setdefault(verdict.refusal, []).append(name)
        if verdict.warning:
            chosen.warnings.setdefault(verdict.warning, []).append(name)
        if verdict.take:
            chosen.pods.append(pod)
    return chosen


def _judge(ctx: Context, args: Args, pod: Object) -> Verdict:
    """The last rule's word, or that of the first that leaves the pod."""
    if long_gone(pod, args["skip-wait-for-delete-timeout"], ctx.time()):
        return Verdict(False)
    verdict = _daemon_set(ctx, args, pod)
    if not verdict.take or MIRROR in (pod["metadata"].get("annotations") or {}):
        return Verdict(False, warning=verdict.warning, refusal=verdict.refusal)
    if _finished(pod):
        return _TAKE
    if _keeps_data(pod) and not args["delete-emptydir-data"]:
        return Verdict(False, refusal=_LOCAL)
    if _controller(pod) is not None:
        return _TAKE
    if args["force"]:
        return Verdict(True, warning="deleting Pods that declare no controller")
    return Verdict(False, refusal=_UNMANAGED)


def long_gone(pod: Object, seconds: int, now: float) -> bool:
    """Whether the pod's deletionTimestamp is older than `seconds`, 0 for never."""
    from kctl.api.times import parse

    since = pod["metadata"].get("deletionTimestamp")
    return bool(seconds > 0 and since and int(now - parse(since).timestamp()) > seconds)


def _daemon_set(ctx: Context, args: Args, pod: Object) -> Verdict:
    """The pod of a daemon set would be made again at once: it is left, if that is agreed
    to. One whose daemon set is gone goes with --force."""
    from kctl.api.errors import not_found
    from kctl.commands.objects import get

    owner = _controller(pod)
    if owner is None or owner["kind"] != "DaemonSet" or _finished(pod):
        return _TAKE
    if get(ctx, "daemonsets.apps", pod["metadata"]["namespace"], owner["name"]) is None:
        missing = not_found("daemonsets.apps", owner["name"]).message
        return Verdict(True, warning=missing) if args["force"] else Verdict(False, refusal=missing)
    if not args["ignore-daemonsets"]:
        return Verdict(False, refusal=_DAEMON_SET)
    return Verdict(False, warning="ignoring DaemonSet-managed Pods")


def _controller(pod: Object) -> Object | None:
    for reference in pod["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            found: Object = reference
            return found
    return None


def _finished(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def _keeps_data(pod: Object) -> bool:
    return any(each.get("emptyDir") is not None for each in pod["spec"].get("volumes") or ())
