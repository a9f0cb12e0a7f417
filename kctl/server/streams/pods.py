"""The pod and the container that a stream is about, and the refusals before it begins."""

from __future__ import annotations

from kctl.api.errors import ApiError, bad_request, internal
from kctl.api.kind import Object
from kctl.runtime.pod_status import container_names, engine_id, is_running, status_of
from kctl.server.call import Call


def pod_of(call: Call) -> Object:
    """Raises ApiError NotFound."""
    return call.server.reads.get("pods", call.info.name, call.info.namespace)


def container_of(pod: Object, wanted: str) -> str:
    """The container that is meant, the only one where none is named. Raises BadRequest
    (the API server's validateContainer)."""
    name, spec = pod["metadata"]["name"], pod["spec"]
    if wanted:
        if wanted not in container_names(pod):
            raise bad_request(f"container {wanted} is not valid for pod {name}")
        return wanted
    names = [each["name"] for each in spec["containers"]]
    if len(names) == 1:
        only: str = names[0]
        return only
    words = f"a container name must be specified for pod {name}, choose one of: [{' '.join(names)}]"
    initial = [each["name"] for each in spec.get("initContainers") or []]
    if initial:
        words += f" or one of the init containers: [{' '.join(initial)}]"
    raise bad_request(words)


def must_be_bound(pod: Object) -> None:
    """Raises BadRequest."""
    if not pod["spec"].get("nodeName"):
        raise bad_request(f"pod {pod['metadata']['name']} does not have a host assigned")


def running_id(pod: Object, container: str) -> str:
    """The engine's ID of a container, "" where it does not run."""
    status = status_of(pod, container)
    return engine_id(status["containerID"]) if is_running(status) else ""


def not_running(container: str) -> str:
    """The kubelet's words."""
    return f'container not found ("{container}")'


def unreachable(why: object) -> ApiError:
    """The engine of the pod's node does not answer."""
    return internal(f"error dialing backend: {why}")
