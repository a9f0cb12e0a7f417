"""Jobs in a world whose pods end when a test says so."""

from __future__ import annotations

from typing import Any

from kctl.controllers.common import pod_finished
from kctl.testing.world import World
from tests.unit.controllers.objects import Object

JOBS = "jobs.batch"


def job(name: str = "work", template: Object | None = None, **spec: Any) -> Object:
    pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "app:1"}]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"template": {"spec": {**pod, **(template or {})}}, **spec},
    }


def begin(made: World, **spec: Any) -> None:
    made.create(job(**spec))
    made.settle()


def working(made: World) -> list[Object]:
    """The pods that have not ended."""
    return [
        each
        for each in made.list("pods")
        if not pod_finished(each) and "deletionTimestamp" not in each["metadata"]
    ]


def end(made: World, pod: Object, code: int = 0, *, reason: str = "") -> None:
    """The one container of a pod exits."""
    _finish(made, pod, code, reason)
    made.settle()


def _finish(made: World, pod: Object, code: int, reason: str) -> None:
    moment = made.clock.now().isoformat()[:19] + "Z"
    ended = {"exitCode": code, "reason": reason or "Error", "finishedAt": moment}

    def edit(obj: Object) -> None:
        status = obj["status"]
        status["phase"] = "Failed" if code else "Succeeded"
        status["containerStatuses"] = [
            {
                "name": "main",
                "image": "app:1",
                "imageID": "",
                "ready": False,
                "restartCount": 0,
                "state": {"terminated": ended},
            }
        ]

    made.change("pods", pod["metadata"]["name"], edit, subresource="status")


def end_together(made: World, pods: list[Object], code: int = 0) -> None:
    """Several exit before anybody looks."""
    for each in pods:
        _finish(made, each, code, "")
    made.settle()


def status(made: World, name: str = "work") -> Object:
    found = made.get(JOBS, name)
    assert found is not None
    return dict(found["status"])


def conditions(made: World, name: str = "work") -> list[tuple[str, str]]:
    """(type, reason) of those that are True."""
    listed = status(made, name).get("conditions") or ()
    return [(each["type"], each["reason"]) for each in listed if each["status"] == "True"]
