"""What users add to admission: webhooks and policies, asked for each write.

Mutating webhooks run behind the built-in steps, validating ones and policies when the
object is known to be valid. Where no caller is passed in (kctl's own controllers), webhooks
are not asked; policies always count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kctl.api.admission.attributes import Attributes
from kctl.api.admission.matching import EXEMPT, REF
from kctl.api.admission.webhooks import (
    MUTATING,
    VALIDATING,
    Answer,
    Json,
    WebhookCaller,
    WebhookFailure,
    ask,
    concerned,
    conditions_hold,
    denied,
    failed,
)
from kctl.api.kind import Object, Request

BINDING = "ValidatingAdmissionPolicyBinding"


class DynamicAdmission:
    """`caller` makes the calls of webhooks; `new_uid` names them."""

    def __init__(self, caller: WebhookCaller | None, new_uid: Callable[[], str]) -> None:
        self._caller, self._new_uid = caller, new_uid

    def mutate(self, request: Request, settle: Callable[[Object], Object]) -> None:
        """Ask the mutating webhooks, and change request.obj in place. `settle` brings what a
        webhook made into the API's form. Raises ApiError."""
        if self._caller is None or request.kind.resource in EXEMPT:
            return
        configured = request.referring(REF)
        if not configured:
            return
        about = Attributes(request)
        webhooks = concerned(about, configured, MUTATING)
        changed_by: dict[str, int] = {}
        for at, (webhook, version) in enumerate(webhooks):
            if self._mutated(about, webhook, version, settle):
                changed_by[webhook["name"]] = at
        again = [
            (webhook, version)
            for at, (webhook, version) in enumerate(webhooks)
            if webhook.get("reinvocationPolicy") == "IfNeeded"
            and any(changed > at for changed in changed_by.values())
        ]
        for webhook, version in again:
            self._mutated(about, webhook, version, settle)

    def _mutated(
        self, about: Attributes, webhook: Json, version: str, settle: Callable[[Object], Object]
    ) -> bool:
        """Whether the webhook changed the object."""
        answer = self._answer(about, webhook, version)
        obj = about.request.obj
        if answer is None or answer.patched is None or obj is None:
            return False
        before = dict(obj)
        settled = settle({**answer.patched, "apiVersion": about.kind.api_version})
        obj.clear()
        obj.update(settled)
        return before != obj

    def validate(self, request: Request) -> None:
        """Ask the validating webhooks and the policies. Raises ApiError."""
        if request.kind.resource in EXEMPT:
            return
        configured = request.referring(REF)
        if not configured:
            return
        about = Attributes(request)
        bindings = [each for each in configured if each["kind"] == BINDING]
        if bindings:
            from kctl.api.admission.policies import enforce

            enforce(about, bindings)
        if self._caller is not None:
            self._ask_all(about, concerned(about, configured, VALIDATING))

    def _ask_all(self, about: Attributes, webhooks: Iterable[tuple[Json, str]]) -> None:
        for webhook, version in webhooks:
            self._answer(about, webhook, version)

    def _answer(self, about: Attributes, webhook: Json, version: str) -> Answer | None:
        """None where the webhook is not asked, or may be left out. Raises ApiError."""
        assert self._caller is not None
        name = webhook["name"]
        try:
            if not conditions_hold(about, webhook):
                return None
            answer = ask(about, webhook, version, self._new_uid(), self._caller)
        except WebhookFailure as error:
            if webhook.get("failurePolicy") == "Ignore":
                return None
            raise failed(name, error) from None
        for warning in answer.warnings:
            about.request.warn(warning)
        if not answer.allowed:
            raise denied(name, answer.status)
        return answer
