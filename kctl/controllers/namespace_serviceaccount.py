"""The service account controller: every namespace has the account "default"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kctl.controllers.common import deleting, name_of, namespace_of
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.store.types import Key

RESOURCE = "serviceaccounts"
DEFAULT = "default"


def _of_namespace(namespace: Object, view: View) -> Iterable[Key]:
    return [Key(RESOURCE, name_of(namespace), DEFAULT)]


def _of_account(account: Object, view: View) -> Iterable[Key]:
    if name_of(account) == DEFAULT:
        yield Key(RESOURCE, namespace_of(account), DEFAULT)


class ServiceAccountController:
    """`kctl_controllers`: the service account of each namespace."""

    name = "serviceaccount-controller"
    watches: Mapping[str, Mapper] = {"namespaces": _of_namespace, RESOURCE: _of_account}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            namespace = view.get("namespaces", "", key.namespace)
            if namespace is None or deleting(namespace) or view.get(*key) is not None:
                continue
            changes.create(
                {
                    "apiVersion": "v1",
                    "kind": "ServiceAccount",
                    "metadata": {"name": key.name, "namespace": key.namespace},
                }
            )
        return changes
