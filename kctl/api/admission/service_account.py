"""Every pod acts as a service account: Kubernetes' ServiceAccount admission.

No token is mounted that the pod does not ask for (a projected volume): few pods speak to
the API, and a token that nobody needs can only be stolen.
"""

from __future__ import annotations

from kctl.api.errors import forbidden
from kctl.api.kind import Request

_DEFAULT = "default"


class ServiceAccount:
    """New pods get the account "default" and the pull secrets of their account."""

    name = "ServiceAccount"

    def admit(self, request: Request) -> None:
        if request.operation != "CREATE" or request.kind.resource != "pods" or not request.obj:
            return
        spec = request.obj["spec"]
        name = spec.get("serviceAccountName") or _DEFAULT
        account = request.get("serviceaccounts", request.namespace, name)
        if account is None and name != _DEFAULT:
            why = (
                f"error looking up service account {request.namespace}/{name}: "
                f'serviceaccount "{name}" not found'
            )
            raise forbidden("pods", request.obj["metadata"].get("name", ""), why)
        spec["serviceAccountName"] = spec["serviceAccount"] = name
        secrets = (account or {}).get("imagePullSecrets")
        if secrets and not spec.get("imagePullSecrets"):
            spec["imagePullSecrets"] = [dict(each) for each in secrets]
