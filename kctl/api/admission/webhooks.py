"""Admission webhooks: whom to ask, and what their answers mean.

What https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
describes. The call itself is made by a function that is passed in: this room does no I/O.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

import orjson

from kctl.api import errors
from kctl.api.admission.attributes import Attributes
from kctl.api.admission.matching import (
    matching_version,
    namespace_matches,
    objects_match,
)
from kctl.api.encode import copy
from kctl.api.kind import Object
from kctl.api.patch import json_patch
from kctl.api.patch.errors import PatchError

MUTATING, VALIDATING = "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"
REVIEW = {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1"}
_EXPECTED = "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got "

Json = Mapping[str, Any]


class Target(NamedTuple):
    """Where a webhook listens. `url` says what is asked, with the name that its certificate
    must bear; `address` is where to connect instead, as (host, port), where it is a service."""

    url: str
    ca_bundle: bytes = b""
    address: tuple[str, int] | None = None


class WebhookFailure(Exception):
    """A webhook that could not be asked, or gave no answer that counts."""


class WebhookCaller(Protocol):
    """Makes the call. Raises WebhookFailure with what a person needs to know."""

    def __call__(self, target: Target, body: bytes, timeout: float) -> bytes: ...


class Answer(NamedTuple):
    """What a webhook said: whether it allows the request, and the object it wants."""

    allowed: bool
    status: Json
    patched: Object | None
    warnings: tuple[str, ...]


def concerned(about: Attributes, found: Iterable[Object], kind: str) -> list[tuple[Json, str]]:
    """The webhooks of the configurations of a kind that are to be asked, by the names of
    these, each with the version in which it wants to see the object."""
    return [
        (webhook, version)
        for configuration in found
        if configuration["kind"] == kind
        for webhook in configuration.get("webhooks") or ()
        if (version := _version(about, webhook))
    ]


def _version(about: Attributes, webhook: Json) -> str:
    request = about.request
    version = matching_version(
        webhook.get("rules") or (),
        request.operation,
        about.kind,
        request.subresource,
        about.versions(webhook.get("matchPolicy") or "Equivalent"),
    )
    if not version or not objects_match(webhook.get("objectSelector"), request.obj, request.old):
        return ""
    selected = namespace_matches(webhook.get("namespaceSelector"), about.namespace_labels())
    return version if selected else ""


def conditions_hold(about: Attributes, webhook: Json) -> bool:
    """Raises WebhookFailure where a condition has no value."""
    conditions = webhook.get("matchConditions")
    if not conditions:
        return True
    from kctl.api.admission.conditions import EvaluationError, matches, variables_of

    try:
        return matches(conditions, variables_of(about))
    except EvaluationError as error:
        raise WebhookFailure(str(error)) from None


def ask(about: Attributes, webhook: Json, version: str, uid: str, caller: WebhookCaller) -> Answer:
    """Raises WebhookFailure, and the ApiError of a webhook that cannot do without effects."""
    if about.request.dry_run and webhook.get("sideEffects") not in ("None", "NoneOnDryRun"):
        raise errors.bad_request(f'admission webhook "{webhook["name"]}" does not support dry run')
    review = about.review(uid, version)
    body = orjson.dumps({**REVIEW, "request": review})
    timeout = float(webhook.get("timeoutSeconds") or 10)
    target = _target(about, webhook["clientConfig"], webhook.get("timeoutSeconds") or 10)
    try:
        raw = caller(target, body, timeout)
    except WebhookFailure as error:
        text = f'failed to call webhook: Post "{target.url}": {error}'
        raise WebhookFailure(text) from None
    return _read(raw, uid, review)


def _target(about: Attributes, client: Json, seconds: int) -> Target:
    bundle = base64.b64decode(client.get("caBundle") or "")
    query = f"?timeout={seconds}s"
    if client.get("url"):
        return Target(client["url"] + query, bundle)
    service = client["service"]
    name, namespace = service["name"], service["namespace"]
    port = service.get("port") or 443
    path = service.get("path") or "/"
    url = f"https://{name}.{namespace}.svc:{port}{path}{query}"
    found = about.request.get("services", namespace, name)
    head = f'failed to call webhook: Post "{url}": '
    if found is None:
        raise WebhookFailure(f'{head}service "{name}" not found')
    spec = found["spec"]
    if not any(each.get("port") == port for each in spec.get("ports") or ()):
        raise WebhookFailure(f'{head}no service port {port} found for service "{name}"')
    if spec.get("type") == "ExternalName":
        return Target(url, bundle, (spec["externalName"], port))
    address = spec.get("clusterIP") or ""
    if address in ("", "None"):
        raise WebhookFailure(f'{head}no cluster address for service "{name}"')
    return Target(url, bundle, (address, port))


def _read(raw: bytes, uid: str, review: Object) -> Answer:
    try:
        answer = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise WebhookFailure(f"couldn't get version/kind; json parse error: {error}") from None
    if not isinstance(answer, dict):
        raise WebhookFailure("couldn't get version/kind; json parse error: not an object")
    version, kind = answer.get("apiVersion"), answer.get("kind")
    if (version, kind) != ("admission.k8s.io/v1", "AdmissionReview"):
        raise WebhookFailure(f"{_EXPECTED}{version or ''}, Kind={kind or ''}")
    response = answer.get("response")
    if not isinstance(response, dict):
        raise WebhookFailure("webhook response was absent")
    if response.get("uid") != uid:
        got = response.get("uid") or ""
        raise WebhookFailure(f'expected response.uid="{uid}", got "{got}"')
    warnings, status = response.get("warnings") or (), response.get("status")
    return Answer(
        response.get("allowed") is True,
        status if isinstance(status, dict) else {},
        _patched(response, review),
        tuple(str(each) for each in warnings) if isinstance(warnings, list) else (),
    )


def _patched(response: Json, review: Object) -> Object | None:
    """Raises WebhookFailure for a patch that is none."""
    kind, patch = response.get("patchType"), response.get("patch")
    if not patch and not kind:
        return None
    if not patch:
        raise WebhookFailure("webhook returned response.patchType but not response.patch")
    if not kind:
        raise WebhookFailure("webhook returned response.patch but not response.patchType")
    if kind != "JSONPatch":
        raise WebhookFailure(f'webhook returned invalid response.patchType of "{kind}"')
    try:
        operations = orjson.loads(base64.b64decode(patch, validate=True))
        patched = json_patch.apply(copy(review["object"] or {}), operations)
    except (PatchError, binascii.Error, orjson.JSONDecodeError, TypeError) as error:
        raise WebhookFailure(f"invalid patch: {error}") from None
    if not isinstance(patched, dict) or not isinstance(patched.get("metadata"), dict):
        raise WebhookFailure("invalid patch: the result is no object")
    found: Object = patched
    return found


def denied(name: str, status: Json) -> errors.ApiError:
    """The refusal of a webhook, with its own code, reason and details (ToStatusErr)."""
    head = f'admission webhook "{name}" denied the request'
    message, reason = status.get("message"), status.get("reason")
    if message:
        text = f"{head}: {message}"
    else:
        text = f"{head}: {reason}" if reason else f"{head} without explanation"
    code = status.get("code")
    code = code if isinstance(code, int) and 400 <= code < 600 else 400
    details = status.get("details")
    return errors.ApiError(
        code, str(reason or ""), text, dict(details) if isinstance(details, dict) else None
    )


def failed(name: str, error: WebhookFailure) -> errors.ApiError:
    return errors.internal(f'failed calling webhook "{name}": {error}')
