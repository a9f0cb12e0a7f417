"""metrics.k8s.io: what nodes and pods use, as metrics-server tells it.

Nothing of it is stored. It is sampled while somebody asks, so the answers to a first question
take two samples' time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from starlette.responses import Response

from kctl.api import quantity
from kctl.api.encode import decode
from kctl.api.errors import ApiError, not_found
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.selectors import SelectorError, parse_fields, parse_labels
from kctl.api.times import now_text
from kctl.printing.go_duration import text_of
from kctl.reconcile.usage import Sampler
from kctl.runtime.stats import NodeRates, Rate
from kctl.runtime.types import HostUnreachable, Runtime
from kctl.server.call import Call
from kctl.server.discovery import virtual
from kctl.server.negotiate import shape
from kctl.server.options import list_options
from kctl.server.respond import respond
from kctl.server.shapes import shaped, shaped_list
from kctl.store.types import Key

if TYPE_CHECKING:
    from kctl.server.state import Server

GROUP, VERSION = "metrics.k8s.io", "v1beta1"
_COLUMNS = (
    Column("Name", format="name"),
    Column("cpu"),
    Column("memory"),
    Column("Window"),
)


def group() -> Object:
    """The entry of aggregated discovery."""
    lines = [(kind.plural, kind.kind, kind.namespaced, "get list") for kind in (NODES, PODS)]
    return virtual(GROUP, VERSION, lines)


def _row(obj: Object) -> list[Cell]:
    """The name, the sums over the containers, and the window."""
    used = [obj["usage"]] if "usage" in obj else [each["usage"] for each in obj["containers"]]
    sums: list[Cell] = [quantity.add(each[name] for each in used) for name in ("cpu", "memory")]
    return [obj["metadata"]["name"], *sums, obj["window"]]


def _kind(kind: str, plural: str, *, namespaced: bool) -> Kind:
    return Kind(
        group=GROUP,
        version=VERSION,
        kind=kind,
        plural=plural,
        namespaced=namespaced,
        schema=f"metrics:{kind}",
        columns=_COLUMNS,
        row=_row,
    )


NODES = _kind("NodeMetrics", "nodes", namespaced=False)
PODS = _kind("PodMetrics", "pods", namespaced=True)


class Metrics:
    """What a server knows of usage."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.sampler = Sampler(self._runtimes)

    def _runtimes(self) -> Mapping[str, Runtime]:
        found = {}
        for record in self._server.lists_store.list("nodes").records:
            try:
                found[record.key.name] = self._server.engines.named(record.key.name)
            except HostUnreachable:
                continue
        return found

    def nodes(self) -> list[Object]:
        known = self.sampler.current()
        found = []
        for node in self._stored("nodes", None):
            rates = known.get(node["metadata"]["name"])
            if rates is not None and rates.machine is not None:
                found.append(node_metrics(node, rates.machine, self._server.now()))
        return found

    def pods(self, namespace: str | None) -> list[Object]:
        known = self.sampler.current()
        found = []
        for pod in self._stored("pods", namespace):
            rates = known.get(pod["spec"].get("nodeName") or "", NodeRates())
            containers = rates.pods.get(pod["metadata"]["uid"])
            if containers:
                found.append(pod_metrics(pod, containers, self._server.now()))
        return found

    def _stored(self, resource: str, namespace: str | None) -> Iterable[Object]:
        page = self._server.lists_store.list(resource, namespace)
        return (decode(record) for record in page.records)

    def close(self) -> None:
        self.sampler.close()


def node_metrics(node: Object, rate: Rate, now: float) -> Object:
    return {**_head("NodeMetrics", node, [rate], now), "usage": _usage(rate)}


def pod_metrics(pod: Object, containers: Mapping[str, Rate], now: float) -> Object:
    """`containers`: by name; at least one."""
    listed = [{"name": name, "usage": _usage(rate)} for name, rate in sorted(containers.items())]
    head = _head("PodMetrics", pod, list(containers.values()), now)
    return {**head, "containers": listed}


def _head(kind: str, about: Object, rates: list[Rate], now: float) -> Object:
    """Of the oldest of the rates."""
    meta = about["metadata"]
    shown = {"name": meta["name"], "creationTimestamp": _time(now)}
    shown |= {name: meta[name] for name in ("namespace", "labels") if meta.get(name)}
    oldest = min(rates, key=lambda each: each.at)
    return {
        "kind": kind,
        "apiVersion": f"{GROUP}/{VERSION}",
        "metadata": shown,
        "timestamp": _time(oldest.at),
        "window": text_of(round(oldest.window, 3)),
    }


def _time(epoch: float) -> str:
    return now_text(datetime.fromtimestamp(epoch, UTC))


def _usage(rate: Rate) -> Object:
    cpu = Decimal(round(rate.cpu * 1e9)).scaleb(-9)
    return {
        "cpu": quantity.render(cpu),
        "memory": quantity.render(Decimal(rate.memory), "binary"),
    }


# --- requests ---


async def serve(call: Call) -> Response:
    """Get and list of both. Raises ApiError."""
    info = call.info
    kind = next((each for each in (NODES, PODS) if each.plural == info.resource), None)
    if kind is None or info.subresource or (info.namespace and not kind.namespaced):
        raise ApiError(404, "NotFound", "the server could not find the requested resource")
    if info.verb not in ("get", "list"):
        text = "the server does not allow this method on the requested resource"
        raise ApiError(405, "MethodNotAllowed", text)
    answer = _get if info.verb == "get" else _list
    return await call.server.engines.ask(partial(answer, call, kind, call.server.metrics))


def _found(call: Call, kind: Kind, metrics: Metrics) -> list[Object]:
    return metrics.nodes() if kind is NODES else metrics.pods(call.info.namespace or None)


def _get(call: Call, kind: Kind, metrics: Metrics) -> Response:
    form = shape(call.headers, call.query)
    name, namespace = call.info.name, call.info.namespace
    if call.server.lists_store.get(Key(kind.plural, namespace, name)) is None:
        raise not_found(kind.plural, name)
    for obj in _found(call, kind, metrics):
        if obj["metadata"]["name"] == name:
            return respond(call, shaped(kind, obj, form, call.server.now()), form)
    where = f"{namespace}/{name}" if namespace else name
    raise not_found(f"{kind.kind.lower()}.{GROUP}", where)


def _list(call: Call, kind: Kind, metrics: Metrics) -> Response:
    form = shape(call.headers, call.query)
    options = list_options(call, watch=False)
    labels, fields = parse_labels(options.labels), parse_fields(options.fields)
    items = []
    for obj in _found(call, kind, metrics):
        if labels.matches(obj["metadata"].get("labels") or {}) and fields.matches(_field(obj)):
            items.append(obj)
    shown = shaped_list(kind, items, {}, form, call.server.now())
    return respond(call, shown, form)


def _field(obj: Object) -> Callable[[str], str]:
    def value(label: str) -> str:
        if label not in ("metadata.name", "metadata.namespace"):
            raise SelectorError(f"field label not supported: {label}")
        return str(obj["metadata"].get(label.removeprefix("metadata."), ""))

    return value
