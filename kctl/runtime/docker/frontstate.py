"""What fronts serve and whether their earlier generations have ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import frontbody, http, labels
from kctl.runtime.observations import FrontState
from kctl.runtime.threads import Threads

if TYPE_CHECKING:
    from docker import APIClient

    from kctl.runtime.docker.context import Context
    from kctl.runtime.docker.manifest import Manifest, Remembered

Row = Mapping[str, Any]
_REPORT_SECONDS = 1.0


def find(rows: Iterable[Row], front: str) -> Any:
    """The row of a front's container."""
    return next((row for row in rows if row["Labels"].get(labels.FRONT) == front), None)


def states(context: Context, rows: Sequence[Row], now: float) -> dict[str, FrontState]:
    """All fronts of a node by name, looked at side by side. `now`: the engine's time of the
    list."""
    mine = [row for row in rows if row["Labels"].get(labels.FRONT)]
    if not mine:
        return {}
    with Threads(len(mine)) as pool:
        found = list(pool.map(lambda row: state(context, row, rows, now), mine))
    return {each.name: each for each in found}


def state(context: Context, row: Row, rows: Sequence[Row], now: float | None = None) -> FrontState:
    """One front. One that lost the network that it shared counts as not running."""
    from docker.errors import APIError

    name = row["Labels"][labels.FRONT]
    if row["State"] != "running":
        return FrontState(name, False, error=row.get("Status", row["State"]))
    if not joined_holds(context, row, rows, now):
        return FrontState(name, False, error="the front whose network it shares was made anew")
    try:
        with context.engine.quick() as api:
            known = context.fronts.get(api, name, row["Id"])
            manifest, drained = known.manifest, _drained(api, known)
    except APIError as error:
        return FrontState(name, False, error=str(error.explanation))
    return FrontState(name, True, manifest.digest, drained, report=_report(context, manifest))


def _report(context: Context, manifest: Manifest) -> str:
    """What a front tells by itself; silence is no failure of the look."""
    if manifest.report is None:
        return ""
    address, port, path = manifest.report
    try:
        status, body = http.get(context.dial, "http", address, port, path, timeout=_REPORT_SECONDS)
    except http.HttpFailure:
        return ""
    return body.decode(errors="replace") if status == 200 else ""


def joined_holds(context: Context, row: Row, rows: Sequence[Row], now: float | None = None) -> bool:
    """Whether the network that a front shares is still the one that it joined: the other
    container is the same, and has not been started since. With the engine's time of the list
    what is known from an earlier look counts, as long as the list bears it out."""
    other = row["Labels"].get(frontbody.JOINS)
    if not other:
        return True
    base_row = next((e for e in rows if e["Id"] == other and e["State"] == "running"), None)
    if base_row is None:
        return False
    own, base = (
        context.observer.inspect(each["Id"]) if now is None else context.observer.state(each, now)
        for each in (row, base_row)
    )
    return own is not None and base is not None and base.started_at <= own.started_at


def _drained(api: APIClient, known: Remembered) -> bool:
    """No process of an earlier generation is left."""
    if not known.drained and known.manifest.workers:
        processes = api.top(known.container_id)["Processes"] or []
        known.drained = len(processes) <= known.manifest.workers
    return known.drained or not known.manifest.workers
