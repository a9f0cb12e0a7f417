"""`DockerRuntime`: the door to one node's engine."""

from __future__ import annotations

import socket
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from kctl.runtime.docker import events, execute, facts, fronts, logs, stats
from kctl.runtime.docker.attach import Attach
from kctl.runtime.docker.client import Engine, explanation
from kctl.runtime.docker.context import Context
from kctl.runtime.docker.digest import digest
from kctl.runtime.docker.exec import Exec
from kctl.runtime.docker.images import Images
from kctl.runtime.docker.imagetar import OwnImages
from kctl.runtime.docker.network import PodNetworkOfNode
from kctl.runtime.docker.observe import Observer, clock_skew
from kctl.runtime.docker.portforward import PortForward
from kctl.runtime.docker.reach import Reach
from kctl.runtime.image_types import Suppliers
from kctl.runtime.observations import NodeObservation, PodObservation
from kctl.runtime.operations import CleanNode, Operation, Outcome
from kctl.runtime.stats import NodeUsage
from kctl.runtime.stream_types import ExecStream, Wire
from kctl.runtime.threads import Threads
from kctl.runtime.types import HostUnreachable, RuntimeEvent

_gather = facts.gather
_LOOKERS = 3
"""Questions to the engine at once, in one look."""


class DockerRuntime:
    """One node's engine (`Runtime`), reached through a unix socket of this machine, or as
    `reach` says.

    `settings` are those of the control plane; "cluster-id" is required, "cluster-cidr",
    "cluster-domain" and "node-address" are used where they are given."""

    name = "docker"

    def __init__(
        self, url: str, node: str, settings: Mapping[str, str], reach: Reach | None = None
    ) -> None:
        if not settings.get("cluster-id"):
            raise ValueError('the setting "cluster-id" is empty: the control plane is not born yet')
        engine, cluster = Engine(reach or url), settings["cluster-id"]
        self._context = Context(
            node=node,
            engine=engine,
            cluster=cluster,
            settings=settings,
            network=PodNetworkOfNode(engine, cluster),
            observer=Observer(engine, cluster),
            images=Images(engine),
            own_images=OwnImages(engine),
            host_addresses=cache(lambda: facts.host_addresses(engine, settings)),
        )
        self.images = self._context.store

    def supply(self, suppliers: Suppliers) -> None:
        self._context.suppliers = suppliers

    def observe(self, *, facts: bool = False) -> NodeObservation:
        from docker.errors import APIError

        context = self._context
        subnet = context.settings.get("cluster-cidr", "")
        try:
            asked = time.time()
            rows, now = context.observer.rows()
            skew = clock_skew(now, asked, time.time())
            with Threads(_LOOKERS) as pool:
                standing = pool.submit(context.network.stands, subnet, fresh=facts)
                states = pool.submit(fronts.states, context, rows, now)
                said = pool.submit(_gather, context.engine, context.settings) if facts else None
                pods = context.observer.pods(rows, now)
                return NodeObservation(
                    node=context.node,
                    reachable=True,
                    at=time.time(),
                    facts=said.result() if said else None,
                    pods=pods,
                    fronts=states.result(),
                    digest=digest(_as_inspected(rows, pods)),
                    network=standing.result(),
                    skew=skew,
                    owner=context.network.owner(),
                )
        except HostUnreachable as error:
            words = str(error)
        except APIError as error:
            words = explanation(error)
        return NodeObservation(node=context.node, reachable=False, error=words, at=time.time())

    def execute(self, operation: Operation) -> Outcome:
        outcome = execute.execute(self._context, operation)
        if outcome.ok and isinstance(operation, CleanNode):
            self._context.engine.reach.leave()
        return outcome

    def usage(self, pods: Collection[str] | None = None) -> NodeUsage:
        from docker.errors import APIError

        try:
            return stats.sample(self._context, pods)
        except APIError as error:
            raise HostUnreachable(explanation(error)) from None

    def events(self, stop: Any) -> Iterator[RuntimeEvent]:
        context = self._context
        return events.listen(context.engine, context.cluster, context.node, stop)

    def logs(
        self,
        container_id: str,
        *,
        follow: bool = False,
        tail: int | None = None,
        since: float | None = None,
        until: float | None = None,
        timestamps: bool = False,
    ) -> Iterator[bytes]:
        return logs.read(
            self._context.engine,
            container_id,
            follow=follow,
            tail=tail,
            since=since,
            until=until,
            timestamps=timestamps,
        )

    def log_wire(
        self,
        container_id: str,
        *,
        follow: bool = False,
        tail: int | None = None,
        since: float | None = None,
        until: float | None = None,
        timestamps: bool = False,
    ) -> Wire:
        return logs.wire(
            self._context.engine,
            container_id,
            follow=follow,
            tail=tail,
            since=since,
            until=until,
            timestamps=timestamps,
        )

    def exec(
        self, container_id: str, command: Sequence[str], *, stdin: bool, tty: bool
    ) -> ExecStream:
        return Exec(self._context.engine, container_id, command, stdin=stdin, tty=tty)

    def attach(
        self,
        container_id: str,
        *,
        stdin: bool,
        tty: bool,
        replay: bool = False,
        detach_keys: str = "",
    ) -> ExecStream:
        return Attach(
            self._context.engine,
            container_id,
            stdin=stdin,
            tty=tty,
            replay=replay,
            detach_keys=detach_keys,
        )

    def port_forward(self, container_id: str, address: str) -> PortForward:
        return PortForward(self._context, container_id, address)

    def dial(self, address: str, port: int, timeout: float) -> socket.socket:
        return self._context.dial(address, port, timeout)

    def close(self) -> None:
        self._context.engine.close()


def _as_inspected(
    rows: Sequence[Mapping[str, Any]], pods: Mapping[str, PodObservation]
) -> list[dict[str, Any]]:
    """The list with the states that the pods were seen in, where one changed between the
    list and the inspection: the digest must be of what the pass knows."""
    seen = {each.id: each.state for pod in pods.values() for each in pod.containers}
    return [{**row, "State": seen.get(row["Id"], row["State"])} for row in rows]
