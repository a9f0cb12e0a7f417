"""Says loudly what an object asks for and kctl cannot give: a warning, never silence."""

from __future__ import annotations

from kctl.api.admission.unsupported_pods import pod_fields
from kctl.api.admission.unsupported_services import service_fields
from kctl.api.kind import Object, Request

_TEMPLATES = ("deployments.apps", "replicasets.apps")


class Unsupported:
    """Warns the client, once for each field. Objects that a controller makes from a
    template are not spoken of again: their author was told of the template."""

    name = "Unsupported"

    def admit(self, request: Request) -> None:
        obj = request.obj
        if obj is None or request.subresource or request.operation not in ("CREATE", "UPDATE"):
            return
        old = request.old
        if old is not None and old.get("spec") == obj.get("spec"):
            return
        for message in _messages(request, obj):
            request.warn(message)


def _messages(request: Request, obj: Object) -> list[str]:
    resource = request.kind.resource
    if resource == "services":
        return service_fields(obj["spec"], request.setting("load-balancer"))
    if any(owner.get("controller") for owner in obj["metadata"].get("ownerReferences") or ()):
        return []
    if resource == "pods":
        return pod_fields(obj["spec"], "spec")
    if resource in _TEMPLATES:
        template = obj["spec"].get("template") or {}
        return pod_fields(template.get("spec") or {}, "spec.template.spec")
    return []
