"""What a delete asks for: DeleteOptions as the body, or as parameters."""

from __future__ import annotations

from typing import NamedTuple

from kctl.api.errors import bad_request, invalid
from kctl.api.fields import FieldError, not_supported
from kctl.api.fields import invalid as invalid_field
from kctl.api.kind import Kind, Object
from kctl.api.schema.decode import decode
from kctl.server import bodies
from kctl.server.call import Call

KIND = "DeleteOptions"
_DELETE_OPTIONS = Kind(
    group="",
    kind=KIND,
    plural="deleteoptions",
    schema="io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
    columns=(),
    row=lambda obj: [],
)
"""Never stored; clients send it under the group and version of what they delete, too."""


class DeleteOptions(NamedTuple):
    """`grace` in seconds; None is what the kind has of its own."""

    propagation: str | None
    grace: int | None
    uid: str | None
    version: str | None
    dry_run: bool


async def delete_options(call: Call) -> DeleteOptions:
    """Raises ApiError, with the causes of ValidateDeleteOptions."""
    given = _body(await bodies.read(call))
    conditions = given.get("preconditions") or {}
    dry = given.get("dryRun") or call.queries.get("dryRun") or []
    propagation = given.get("propagationPolicy") or call.query.get("propagationPolicy") or None
    orphan = given.get("orphanDependents")
    causes = _causes(dry, propagation, orphan)
    if causes:
        raise invalid("meta.k8s.io", KIND, "", causes)
    if orphan is not None:
        propagation = "Orphan" if orphan else "Background"
    grace = given.get("gracePeriodSeconds", call.number("gracePeriodSeconds"))
    return DeleteOptions(
        propagation,
        1 if grace is not None and grace < 0 else grace,  # as BeforeDelete has it
        conditions.get("uid"),
        conditions.get("resourceVersion"),
        bool(dry),
    )


def _body(value: object) -> Object:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad_request("the body of a delete is to be DeleteOptions")
    if value.get("kind") not in (None, "", KIND):
        raise bad_request(f'expected {KIND}, got "{value["kind"]}"')
    return decode(_DELETE_OPTIONS, value, "Ignore")[0]


def _causes(dry: list[str], propagation: str | None, orphan: bool | None) -> list[FieldError]:
    found = []
    if propagation is not None and orphan is not None:
        why = "orphanDependents and deletionPropagation cannot be both set"
        found.append(invalid_field("propagationPolicy", propagation, why))
    if any(each != "All" for each in dry):
        found.append(not_supported("dryRun", dry, ("All",)))
    return found
