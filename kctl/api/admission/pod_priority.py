"""The priority of a pod is that of its class: Kubernetes' Priority admission."""

from __future__ import annotations

from kctl.api.errors import ApiError, forbidden
from kctl.api.kind import Object, Request
from kctl.api.validation.priorityclass import SYSTEM

CLASSES = "priorityclasses.scheduling.k8s.io"
_PREEMPT = "PreemptLowerPriority"


class PodPriority:
    """Writes spec.priority and spec.preemptionPolicy of new pods, and keeps the classes in
    order: one default at most, and those of the system stay."""

    name = "Priority"

    def admit(self, request: Request) -> None:
        resource = request.kind.resource
        if resource == CLASSES:
            _class(request)
        elif resource == "pods" and request.operation == "CREATE" and request.obj:
            _pod(request, request.obj["spec"])


def _class(request: Request) -> None:
    if request.operation == "DELETE":
        name = request.old["metadata"]["name"] if request.old else ""
        if name in SYSTEM:
            why = "this is a system priority class and cannot be deleted"
            raise forbidden(CLASSES, name, why)
    elif request.obj and request.obj.get("globalDefault"):
        name = request.obj["metadata"].get("name", "")
        found = _default_class(request)
        if found is None:
            return
        other = found["metadata"]["name"]
        if request.operation == "CREATE" or other != name:
            why = f"PriorityClass {other} is already marked as default. Only one default can exist"
            raise forbidden(CLASSES, name, why)


def _pod(request: Request, spec: Object) -> None:
    priority, policy = _resolve(request, spec)
    given = spec.get("priority")
    if given is not None and given != priority:
        raise _refusal(
            request,
            f"the integer value of priority ({given}) must not be provided in pod spec; "
            f"priority admission controller computed {priority} from the given "
            "PriorityClass name",
        )
    given = spec.get("preemptionPolicy")
    if given is not None and given != policy:
        raise _refusal(
            request,
            f"the string value of PreemptionPolicy ({given}) must not be provided in pod "
            f"spec; priority admission controller computed {policy} from the given "
            "PriorityClass name",
        )
    spec["priority"], spec["preemptionPolicy"] = priority, policy


def _resolve(request: Request, spec: Object) -> tuple[int, str]:
    """The priority and the policy; a pod without a class gets the default one."""
    name = spec.get("priorityClassName")
    if not name:
        default = _default_class(request)
        if default is None:
            return 0, _PREEMPT
        spec["priorityClassName"] = default["metadata"]["name"]
        return _of(default)
    found = request.get(CLASSES, "", name)
    if found is not None:
        return _of(found)
    if name not in SYSTEM:
        raise _refusal(request, f"no PriorityClass with name {name} was found")
    return SYSTEM[name], _PREEMPT


def _of(found: Object) -> tuple[int, str]:
    return int(found.get("value", 0)), found.get("preemptionPolicy", _PREEMPT)


def _default_class(request: Request) -> Object | None:
    """The default; of several (two requests at once) the one with the lowest value."""
    marked = [each for each in request.list(CLASSES) if each.get("globalDefault")]
    return min(marked, key=lambda each: int(each.get("value", 0)), default=None)


def _refusal(request: Request, why: str) -> ApiError:
    name = request.obj["metadata"].get("name", "") if request.obj else ""
    return forbidden("pods", name, why)
