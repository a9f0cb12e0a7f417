"""An ingress without a class gets the default one: Kubernetes' DefaultIngressClass."""

from __future__ import annotations

from kctl.api.kind import Request
from kctl.api.validation.ingress import CLASS

CLASSES = "ingressclasses.networking.k8s.io"
_DEFAULT = "ingressclass.kubernetes.io/is-default-class"


class DefaultIngressClass:
    """Writes spec.ingressClassName of new ingresses."""

    name = "DefaultIngressClass"

    def admit(self, request: Request) -> None:
        obj = request.obj
        if request.operation != "CREATE" or request.kind.resource != "ingresses.networking.k8s.io":
            return
        if obj is None or (obj.get("spec") or {}).get("ingressClassName") is not None:
            return
        if CLASS in (obj["metadata"].get("annotations") or {}):
            return
        marked = [
            each
            for each in request.list(CLASSES)
            if (each["metadata"].get("annotations") or {}).get(_DEFAULT) == "true"
        ]
        if marked:
            # of several the newest, of those of one second the first by name
            marked.sort(key=lambda each: str(each["metadata"]["name"]))
            newest = max(marked, key=lambda each: str(each["metadata"]["creationTimestamp"]))
            obj["spec"]["ingressClassName"] = newest["metadata"]["name"]
