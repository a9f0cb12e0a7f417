"""An Api that asks webhooks: what a test answers in their place is passed in, as the caller is."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from kctl.api.admission.dynamic import DynamicAdmission
from kctl.api.admission.plugin import kctl_admission
from kctl.api.admission.webhooks import Target, WebhookFailure
from kctl.api.api import Api
from kctl.api.crd.served import ServedKinds
from kctl.api.errors import ApiError
from kctl.api.kinds.plugin import kctl_kinds
from kctl.api.settings import DEFAULTS
from kctl.testing.memory_backend import MemoryBackend
from kctl.testing.world import ADDRESSES

Object = dict[str, Any]
Reply = Callable[[Object], Object]


class Asked:
    """`api` with webhooks; `replies` says by URL what each answers to a review's request, and
    `reviews` what was asked."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply | Exception | bytes] = {}
        self.reviews: list[tuple[str, Object]] = []
        self.targets: list[Target] = []
        self.warnings: list[str] = []
        self.backend = MemoryBackend()
        self.kinds = ServedKinds(kctl_kinds(), self.backend)
        uids = itertools.count(1)
        self.api = Api(
            self.backend,
            self.kinds,
            now=lambda: datetime(2026, 11, 23, 6, 0, 0, tzinfo=UTC),
            new_uid=lambda: f"uid-{next(uids)}",
            suffix=lambda: "bbbbb",
            admission=sorted(kctl_admission(), key=lambda step: step.name),
            settings={**DEFAULTS, **ADDRESSES},
            warn=self.warnings.append,
            dynamic=DynamicAdmission(self.call, lambda: f"review-{next(uids)}"),
        )
        for name in ("default", "other"):
            meta = {"name": name, "labels": {"team": name}}
            self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})

    def call(self, target: Target, body: bytes, timeout: float) -> bytes:
        review = orjson.loads(body)
        assert (review["kind"], review["apiVersion"]) == ("AdmissionReview", "admission.k8s.io/v1")
        name = target.url.partition("?")[0]
        self.reviews.append((name, review["request"]))
        self.targets.append(target)
        reply = self.replies[name]
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, bytes):
            return reply
        response = {"uid": review["request"]["uid"], **reply(review["request"])}
        return orjson.dumps(
            {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
        )

    def install(self, kind: str, *webhooks: Object, name: str = "w") -> None:
        """A configuration of kind "Mutating" or "Validating"."""
        made = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": f"{kind}WebhookConfiguration",
            "metadata": {"name": name},
            "webhooks": list(webhooks),
        }
        self.api.create(made)

    def refused(self, act: Callable[[], Any]) -> ApiError:
        with pytest.raises(ApiError) as caught:
            act()
        return caught.value

    @property
    def asked(self) -> list[str]:
        return [name for name, _ in self.reviews]


@pytest.fixture
def world() -> Asked:
    return Asked()


RULE = {
    "operations": ["CREATE", "UPDATE", "DELETE"],
    "apiGroups": [""],
    "apiVersions": ["v1"],
    "resources": ["configmaps"],
}


def webhook(name: str = "a", /, **more: Any) -> Object:
    return {
        "name": f"{name}.example.com",
        "clientConfig": {"url": f"https://{name}.example.com/"},
        "rules": [RULE],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        **more,
    }


def url(name: str) -> str:
    return f"https://{name}.example.com/"


def allow(request: Object) -> Object:
    return {"allowed": True}


def patching(*operations: Object) -> Reply:
    text = base64.b64encode(orjson.dumps(list(operations))).decode()
    return lambda request: {"allowed": True, "patchType": "JSONPatch", "patch": text}


def configmap(name: str = "c", namespace: str = "default", **data: str) -> Object:
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data or {"k": "v"}}


UNREACHABLE = WebhookFailure("dial tcp 127.0.0.1:1: connect: connection refused")
