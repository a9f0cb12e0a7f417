"""Objects live in namespaces that exist and stay: Kubernetes' NamespaceLifecycle."""

from __future__ import annotations

from kctl.api.errors import forbidden, not_found
from kctl.api.kind import Request

IMMORTAL = frozenset(("default", "kube-node-lease", "kube-public", "kube-system"))


class NamespaceExists:
    """Refuses content for namespaces that are missing or ending, and the deletion of the
    namespaces that every cluster has."""

    name = "NamespaceLifecycle"

    def admit(self, request: Request) -> None:
        if request.operation == "DELETE":
            self._immortal(request)
        elif request.operation == "CREATE" and request.namespace and request.kind.namespaced:
            self._present(request)

    def _immortal(self, request: Request) -> None:
        old = request.old
        if request.kind.resource != "namespaces" or old is None:
            return
        name = old["metadata"]["name"]
        if name in IMMORTAL:
            raise forbidden("namespaces", name, "this namespace may not be deleted")

    def _present(self, request: Request) -> None:
        namespace = request.get("namespaces", "", request.namespace)
        if namespace is None:
            raise not_found("namespaces", request.namespace)
        ending = (namespace.get("status") or {}).get("phase") == "Terminating"
        if not ending and not namespace["metadata"].get("deletionTimestamp"):
            return
        name = request.obj["metadata"].get("name", "") if request.obj else ""
        why = (
            f"unable to create new content in namespace {request.namespace} "
            "because it is being terminated"
        )
        error = forbidden(request.kind.resource, name, why)
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {request.namespace} is being terminated",
            "field": "metadata.namespace",
        }
        error.details["causes"] = [cause]
        raise error
