"""From what a command line names to pods, containers and the engine that runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kctl.commands import arguments
from kctl.commands.command import UsageError
from kctl.commands.context import Context
from kctl.commands.objects import catalog, get
from kctl.runtime.pod_status import container_names

if TYPE_CHECKING:
    from kctl.reconcile.hosts import Hosts
    from kctl.runtime.types import Runtime

Object = dict[str, Any]

DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


def named(ctx: Context, word: str) -> Object:
    """POD or TYPE/NAME: an object. Raises the API's NotFound."""
    from kctl.api.errors import not_found

    asked = arguments.read([word if "/" in word else f"pods/{word}"])
    kind, name = asked.pairs[0]
    resource = arguments.resolve(catalog(ctx), kind)[0]
    where = ctx.namespace if resource.namespaced else ""
    obj = get(ctx, resource, where, name or "")
    if obj is None:
        raise not_found(resource.resource, name or "")
    return obj


def pods_of(ctx: Context, obj: Object) -> list[Object]:
    """The pod itself, or the pods that a workload or service selects, the best first:
    running before pending, ready before not ready, as kubectl picks."""
    if obj["kind"] == "Pod":
        return [obj]
    if not selector_of(obj):
        raise UsageError(f"cannot get the logs from {obj['apiVersion']}, Kind={obj['kind']}")
    pods = selected(ctx, obj)
    if not pods:
        raise UsageError("timed out waiting for the condition")
    return pods


def selected(ctx: Context, obj: Object) -> list[Object]:
    """The pods that a workload or a service selects now, the best first."""
    where = obj["metadata"]["namespace"]
    pods = ctx.plane.api.list("pods", where, label_selector=selector_of(obj)).items
    return sorted(pods, key=_rank)


def selector_of(obj: Object) -> str:
    """A label selector; "" for what selects no pods."""
    spec = obj.get("spec") or {}
    selector = spec.get("selector") or {}
    if obj["kind"] == "Service":
        return ",".join(f"{key}={value}" for key, value in selector.items())
    from kctl.printing.describe.parts import selector_text

    return selector_text(selector) if selector else ""


def _rank(pod: Object) -> tuple[bool, bool, str]:
    status = pod.get("status") or {}
    ready = any(
        each["type"] == "Ready" and each["status"] == "True"
        for each in status.get("conditions") or []
    )
    return status.get("phase") != "Running", not ready, pod["metadata"]["creationTimestamp"]


def default_container(ctx: Context, pod: Object, *, quiet: bool = False) -> str:
    """The container meant where none was named; said on stderr where there is a choice."""
    spec = pod["spec"]
    annotated = (pod["metadata"].get("annotations") or {}).get(DEFAULT_CONTAINER)
    if annotated in container_names(pod):
        return str(annotated)
    first: str = spec["containers"][0]["name"]
    everything = [each["name"] for each in spec["containers"]]
    for part, word in (("ephemeralContainers", "ephem"), ("initContainers", "init")):
        everything += [f"{each['name']} ({word})" for each in spec.get(part) or []]
    if len(everything) > 1 and not quiet:
        ctx.err.write(f'Defaulted container "{first}" out of: {", ".join(everything)}\n')
    return first


class Engines:
    """The runtimes of the nodes, for commands that talk to containers."""

    def __init__(self, ctx: Context) -> None:
        from kctl.reconcile.hosts import Hosts

        self._hosts: Hosts = Hosts(ctx.plane.plugins, ctx.plane.settings)
        self._hosts.use(ctx.plane.api.list("nodes").items)

    def of(self, pod: Object) -> Runtime:
        """Raises HostUnreachable for a node without a host."""
        return self.named(pod["spec"].get("nodeName") or "")

    def named(self, node: str) -> Runtime:
        """The engine of a node. Raises HostUnreachable."""
        return self._hosts.runtime(node)

    def close(self) -> None:
        self._hosts.close()


def refuse_unknown(pod: Object, container: str) -> None:
    """kubectl's complaint about a container that the pod does not have."""
    if container not in container_names(pod):
        raise UsageError(f"container {container} not found in pod {pod['metadata']['name']}")
