"""Every pod acts as a service account: Kubernetes' ServiceAccount admission."""

from __future__ import annotations

from kctl.api.admission import api_access
from kctl.api.errors import forbidden
from kctl.api.kind import Request

_DEFAULT = "default"


class ServiceAccount:
    """New pods get the account "default", the pull secrets of their account, and what they
    need to speak to the API as it."""

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
        api_access.mount(request, request.obj, account)
