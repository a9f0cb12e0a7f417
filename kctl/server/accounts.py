"""What is asked and never stored: reviews, and tokens of service accounts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial

from starlette.responses import Response

from kctl.api.errors import bad_request
from kctl.api.kind import Kind, Object
from kctl.server import bodies, writing
from kctl.server.auth.reviews import KINDS, Review
from kctl.server.auth.token_request import request_token
from kctl.server.call import Call
from kctl.server.discovery import virtual
from kctl.server.respond import respond


def groups() -> tuple[Object, ...]:
    """The entries of aggregated discovery for the reviews."""
    found: dict[tuple[str, str], list[tuple[str, str, bool, str]]] = {}
    for kind in KINDS:
        line = (kind.plural, kind.kind, kind.namespaced, "create")
        found.setdefault((kind.group, kind.version), []).append(line)
    return tuple(virtual(*place, sorted(lines)) for place, lines in found.items())


def review(call: Call, table: Mapping[tuple[str, str, str], Review]) -> Review | None:
    info = call.info
    return table.get((info.group, info.version, info.resource))


async def answer_review(call: Call, answer: Review) -> Response:
    asked = writing.options(call, "CreateOptions")
    body = await bodies.read(call, asked.validation)
    if not isinstance(body, dict):
        raise bad_request("the body of the request is to be a review")
    reviewed = partial(answer, body, call.user, call.info.namespace)
    return respond(call, await call.blocking(reviewed), code=201)


async def token(call: Call, kind: Kind) -> Response:
    asked = writing.options(call, "CreateOptions")
    body = await bodies.read(call, asked.validation)
    if not isinstance(body, dict):
        raise bad_request("the body of the request is to be a TokenRequest")
    security = call.server.security
    made = request_token(
        security.tokens,
        security.get,
        call.info.namespace,
        call.info.name,
        body,
        now=call.server.now(),
        new_id=lambda: str(uuid.uuid4()),
        warn=call.warnings.append,
        dry_run=asked.dry_run,
    )
    return respond(call, made, code=201)
