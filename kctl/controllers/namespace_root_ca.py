"""The root CA certificate publisher: every namespace has the certificate of the authority that
the API's own is checked with, in the config map "kube-root-ca.crt".

`kctl serve` writes that of kube-system; the others are made of it, and are kept like it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kctl.api.admission.api_access import ROOT_CA
from kctl.controllers.common import deleting, name_of, namespace_of
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.store.types import Key

RESOURCE = "configmaps"
SOURCE = "kube-system"


def _of_namespace(namespace: Object, view: View) -> Iterable[Key]:
    return [Key(RESOURCE, name_of(namespace), ROOT_CA)]


def _of_config_map(found: Object, view: View) -> Iterable[Key]:
    if name_of(found) != ROOT_CA:
        return
    if namespace_of(found) == SOURCE:
        for each in view.list("namespaces"):
            yield Key(RESOURCE, name_of(each), ROOT_CA)
    yield Key(RESOURCE, namespace_of(found), ROOT_CA)


class RootCertificatePublisher:
    """`kctl_controllers`: keys are config maps."""

    name = "root-ca-certificate-publisher-controller"
    watches: Mapping[str, Mapper] = {"namespaces": _of_namespace, RESOURCE: _of_config_map}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        source = view.get(RESOURCE, SOURCE, ROOT_CA)
        if source is None:
            return changes
        for key in keys:
            namespace = view.get("namespaces", "", key.namespace)
            if key.namespace == SOURCE or namespace is None or deleting(namespace):
                continue
            found = view.get(*key)
            if found is None:
                changes.create(root_ca(key.namespace, source["data"]))
            elif found.get("data") != source["data"] and not deleting(found):
                changes.update({**found, "data": source["data"]})
        return changes


def root_ca(namespace: str, data: Mapping[str, str]) -> Object:
    """The config map of a namespace, as kube-controller-manager writes it."""
    about = (
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal "
        "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "
        "guaranteed across distributions of Kubernetes clusters."
    )
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": ROOT_CA,
            "namespace": namespace,
            "annotations": {"kubernetes.io/description": about},
        },
        "data": dict(data),
    }
