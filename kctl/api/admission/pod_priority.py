"""The priority of a pod is that of its class: Kubernetes' Priority admission."""

from __future__ import annotations

from kctl.api.errors import ApiError, forbidden
from kctl.api.kind import Object, Request

_SYSTEM = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
_CLASSES = "priorityclasses.scheduling.k8s.io"


class PodPriority:
    """Writes spec.priority and spec.preemptionPolicy of new pods."""

    name = "Priority"

    def admit(self, request: Request) -> None:
        if request.operation != "CREATE" or request.kind.resource != "pods" or not request.obj:
            return
        spec = request.obj["spec"]
        priority, policy = self._resolve(request, spec)
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

    def _resolve(self, request: Request, spec: Object) -> tuple[int, str]:
        name = spec.get("priorityClassName")
        if not name:
            return 0, "PreemptLowerPriority"
        found = request.get(_CLASSES, "", name)
        if found is not None:
            return int(found.get("value", 0)), found.get("preemptionPolicy", "PreemptLowerPriority")
        if name not in _SYSTEM:
            raise _refusal(request, f"no PriorityClass with name {name} was found")
        return _SYSTEM[name], "PreemptLowerPriority"


def _refusal(request: Request, why: str) -> ApiError:
    name = request.obj["metadata"].get("name", "") if request.obj else ""
    return forbidden("pods", name, why)
