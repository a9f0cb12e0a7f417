"""Reviews: who somebody is, and what they may do, asked of the API itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from kctl.api.authorization.authorizer import Attributes, Authorizer
from kctl.api.errors import bad_request, invalid
from kctl.api.fields import FieldError
from kctl.api.fields import invalid as wrong
from kctl.api.kind import Kind, Object
from kctl.api.times import now_text
from kctl.api.user import User
from kctl.api.virtual import read, virtual
from kctl.server.auth.authenticate import Authenticator, known
from kctl.server.auth.tokens import Rejected

AUTHENTICATION, AUTHORIZATION = "authentication.k8s.io", "authorization.k8s.io"
SELF_ACCESS = virtual(AUTHORIZATION, "SelfSubjectAccessReview")
SELF_RULES = virtual(AUTHORIZATION, "SelfSubjectRulesReview")
ACCESS = virtual(AUTHORIZATION, "SubjectAccessReview")
LOCAL_ACCESS = virtual(AUTHORIZATION, "LocalSubjectAccessReview", namespaced=True)
TOKEN = virtual(AUTHENTICATION, "TokenReview")
SELF = virtual(AUTHENTICATION, "SelfSubjectReview")
KINDS = (TOKEN, SELF, SELF_ACCESS, SELF_RULES, ACCESS, LOCAL_ACCESS)
"""Every kind that a review is; they are created and never stored."""

_BOTH = "cannot be specified in combination with resourceAttributes"
_NEITHER = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
_NOBODY = "at least one of user or group must be specified"

Review = Callable[[Object, User, str], Object]
"""(body, who asks, the namespace of the request) to the answer. Raises ApiError."""


class Reviews:
    """`table`: every review by (group, version, resource)."""

    def __init__(
        self,
        authorizer: Authorizer,
        authenticator: Authenticator | None = None,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._authorizer, self._authenticator, self._now = authorizer, authenticator, now
        answers: Sequence[tuple[Kind, Review]] = (
            (SELF_ACCESS, self.self_access),
            (SELF_RULES, self.self_rules),
            (ACCESS, self.access),
            (LOCAL_ACCESS, self.local_access),
            (TOKEN, self.token),
            (SELF, self.self_subject),
        )
        self.table: Mapping[tuple[str, str, str], Review] = {
            (kind.group, kind.version, kind.plural): answer for kind, answer in answers
        }

    def self_access(self, body: Object, user: User, namespace: str = "") -> Object:
        review = read(SELF_ACCESS, body, ("spec",))
        _refuse(SELF_ACCESS, _one_of(review["spec"]))
        return {**review, "status": self._status(review["spec"], user)}

    def access(self, body: Object, user: User, namespace: str = "") -> Object:
        review = read(ACCESS, body, ("spec",))
        _refuse(ACCESS, _about_somebody(review["spec"]))
        return {**review, "status": self._status(review["spec"], _subject(review["spec"]))}

    def local_access(self, body: Object, user: User, namespace: str = "") -> Object:
        review = read(LOCAL_ACCESS, body, ("spec",))
        spec, meta = review["spec"], review["metadata"]
        meta.setdefault("namespace", namespace)
        if meta["namespace"] != namespace:
            raise bad_request(
                "the namespace of the provided object does not match the namespace sent on the "
                "request"
            )
        errors = _about_somebody(spec)
        asked = spec.get("resourceAttributes")
        if asked is not None and asked.get("namespace", "") != namespace:
            path = "spec.resourceAttributes.namespace"
            given = asked.get("namespace", "")
            errors.append(wrong(path, given, "must match metadata.namespace"))
        if spec.get("nonResourceAttributes") is not None:
            path = "spec.nonResourceAttributes"
            words = "disallowed on this kind of request"
            errors.append(wrong(path, _shown(spec["nonResourceAttributes"]), words))
        _refuse(LOCAL_ACCESS, errors)
        return {**review, "status": self._status(spec, _subject(spec))}

    def self_rules(self, body: Object, user: User, namespace: str = "") -> Object:
        review = read(SELF_RULES, body, ("spec",))
        where = review["spec"].get("namespace", "")
        if not where:
            raise bad_request("no namespace on request")
        found = self._authorizer.rules(user, where)
        fields = ("verbs", "apiGroups", "resources", "resourceNames")
        status: Object = {
            "resourceRules": [_only(each, fields) for each in found.rules if each.get("resources")],
            "nonResourceRules": [
                _only(each, ("verbs", "nonResourceURLs"))
                for each in found.rules
                if each.get("nonResourceURLs")
            ],
            "incomplete": False,
        }
        if found.error:
            status["evaluationError"] = found.error
        return {**review, "status": status}

    def self_subject(self, body: Object, user: User, namespace: str = "") -> Object:
        stamp = now_text(datetime.fromtimestamp(self._now(), UTC))
        review = read(SELF, body)
        meta = {"creationTimestamp": stamp}
        return {**review, "metadata": meta, "status": {"userInfo": user.info()}}

    def token(self, body: Object, user: User, namespace: str = "") -> Object:
        review = read(TOKEN, body, ("spec",))
        spec = review["spec"]
        if not spec.get("token"):
            raise bad_request("token is required for TokenReview in authentication")
        if self._authenticator is None:
            raise bad_request("token authentication is not enabled")
        status: Object
        try:
            found = self._authenticator.by_token(spec["token"], spec.get("audiences") or ())
        except Rejected as error:
            texts = list(dict.fromkeys(("invalid bearer token", str(error))))
            shown = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
            status = {"user": {}, "error": shown}
        else:
            status = {"authenticated": True, "user": known(found.user).info()}
            status["audiences"] = list(found.audiences)
        return {**review, "status": status}

    def _status(self, spec: Object, user: User) -> Object:
        decision = self._authorizer.authorize(_asked(spec, user))
        status: Object = {"allowed": decision.allowed}
        if decision.denied:
            status["denied"] = True
        if decision.reason:
            status["reason"] = decision.reason
        return status


def _asked(spec: Object, user: User) -> Attributes:
    found = spec.get("resourceAttributes")
    if found is None:
        path = spec.get("nonResourceAttributes") or {}
        return Attributes(user, path.get("verb", ""), path=path.get("path", ""))
    words = ("verb", "group", "resource", "subresource", "namespace", "name")
    return Attributes(user, *(found.get(each, "") for each in words))


def _subject(spec: Object) -> User:
    extra = {key: tuple(values or ()) for key, values in (spec.get("extra") or {}).items()}
    groups = tuple(spec.get("groups") or ())
    return User(spec.get("user", ""), groups, spec.get("uid", ""), extra)


def _only(rule: Mapping[str, Any], fields: tuple[str, ...]) -> Object:
    return {name: rule[name] for name in fields if rule.get(name)}


# --- what is refused -----------------------------------------------------------------


def _one_of(spec: Object) -> list[FieldError]:
    resource, other = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if resource is not None and other is not None:
        return [wrong("spec.nonResourceAttributes", _shown(other), _BOTH)]
    if resource is None and other is None:
        return [wrong("spec.resourceAttributes", None, _NEITHER)]
    return []


def _about_somebody(spec: Object) -> list[FieldError]:
    errors = _one_of(spec)
    if not spec.get("user") and not spec.get("groups"):
        errors.append(wrong("spec.user", "", _NOBODY))
    return errors


def _shown(attributes: Object) -> Object:
    """As the API server's own type encodes it: its fields have no JSON names."""
    return {"Path": attributes.get("path", ""), "Verb": attributes.get("verb", "")}


def _refuse(kind: Kind, errors: list[FieldError]) -> None:
    if errors:
        raise invalid(kind.group, kind.kind, "", errors)
