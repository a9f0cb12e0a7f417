"""Says loudly what an object asks for and kctl cannot give: a warning, never silence."""

from __future__ import annotations

from kctl.api.admission.unsupported_jobs import daemonset_fields, job_fields
from kctl.api.admission.unsupported_networking import UNSERVED
from kctl.api.admission.unsupported_pods import pod_fields
from kctl.api.admission.unsupported_services import service_fields
from kctl.api.kind import Object, Request

_TEMPLATES = ("deployments.apps", "replicasets.apps", "jobs.batch", "daemonsets.apps")


class Unsupported:
    """Warns the client, once for each field: an update speaks of what it brings. Objects
    that a controller makes from a template are not spoken of again: their author was told
    of the template."""

    name = "Unsupported"

    def admit(self, request: Request) -> None:
        obj = request.obj
        if obj is None or request.subresource or request.operation not in ("CREATE", "UPDATE"):
            return
        messages = _messages(request, obj)
        if messages and request.old is not None:
            told = set(_messages(request, request.old))
            messages = [each for each in messages if each not in told]
        for message in messages:
            request.warn(message)


def _messages(request: Request, obj: Object) -> list[str]:
    resource = request.kind.resource
    if resource in UNSERVED:
        return [UNSERVED[resource]]
    if resource == "services":
        return service_fields(obj["spec"], request.setting("load-balancer"))
    if any(owner.get("controller") for owner in obj["metadata"].get("ownerReferences") or ()):
        return []
    if resource == "pods":
        return pod_fields(obj["spec"], "spec")
    if resource == "cronjobs.batch":
        return _of_cronjob(obj)
    if resource in _TEMPLATES:
        template = obj["spec"].get("template") or {}
        said = pod_fields(template.get("spec") or {}, "spec.template.spec")
        if resource == "daemonsets.apps":
            return said + daemonset_fields(obj["spec"])
        return said + (job_fields(obj["spec"], "spec") if resource == "jobs.batch" else [])
    return []


def _of_cronjob(obj: Object) -> list[str]:
    path = "spec.jobTemplate.spec"
    job = obj["spec"]["jobTemplate"].get("spec") or {}
    template = job.get("template") or {}
    said = pod_fields(template.get("spec") or {}, f"{path}.template.spec")
    return said + job_fields(job, path)
