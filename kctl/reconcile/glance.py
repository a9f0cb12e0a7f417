"""Before a read: is what the store says still so?

Most reads find that it is, so the question must cost next to nothing: two rows of the
database and one request to each engine. Only where something differs, a whole pass is
run, with everything that it imports. This module imports nothing but what it needs for
the question.
"""

from __future__ import annotations

import os
import time

from kctl.light_json import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from kctl.store.reader import Reader


REFUSED_SECONDS = 10.0
"""So long a host that may not be used for its node is not asked again, as in a pass."""


def refresh(home: str, reader: Reader) -> None:
    """Run a pass if the world may have moved since the last one."""
    if _watched(reader):
        return
    if _still_so(reader):
        return
    from kctl.reconcile.after import after_write
    from kctl.reconcile.plane import Plane

    with Plane.open(home) as plane:
        after_write(plane)


def _watched(reader: Reader) -> bool:
    """Somebody who stays holds the lease, and is alive."""
    lease = reader.lease("reconcile")
    if lease is None:
        return False
    _, _, expires, pid, host, detail = lease
    stays = detail in ("watch", "until-settled")
    return stays and expires > time.time() and _alive(pid, host)


def _alive(pid: int, host: str) -> bool:
    if not host.startswith(os.uname().nodename + "/"):
        return True
    return os.path.exists(f"/proc/{pid}")  # noqa: PTH110 - pathlib costs a light command 5 ms


def _still_so(reader: Reader) -> bool:
    last = loads(reader.meta("pass") or "{}")
    if not last or last["revision"] != reader.revision():
        return False
    due = reader.next_due()
    if due is not None and due <= time.time():
        return False
    return _hosts_agree(reader, last)


def _hosts_agree(reader: Reader, last: dict[str, Any]) -> bool:
    from kctl.runtime.docker.digest import peek

    cluster = loads(reader.meta("settings") or "{}").get("cluster-id", "")
    hosts, digests = _hosts(reader), last["digests"]
    lately = time.time() - last["at"] < REFUSED_SECONDS
    refused = last.get("refused", []) if lately else []
    return digests.keys() <= hosts.keys() and all(
        digests[node] == peek(url, cluster, last["at"])
        if node in digests
        else node in refused or _rests(url)
        for node, url in hosts.items()
    )


def _rests(url: str) -> bool:
    """A host that did not answer the last pass, and that nobody should ask again yet."""
    if not url.startswith("ssh://"):
        return False
    from kctl.runtime.ssh.places import resting

    return resting(url, time.time())


def _hosts(reader: Reader) -> dict[str, str]:
    hosts = {}
    for _, value in reader.list("nodes"):
        meta = loads(value)["metadata"]
        url = (meta.get("annotations") or {}).get("kctl.io/host")
        if url:
            hosts[meta["name"]] = url
    return hosts
