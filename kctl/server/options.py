"""The parameters of lists and watches, checked as apimachinery checks them
(ValidateListOptions)."""

from __future__ import annotations

from typing import NamedTuple

from kctl.api.errors import ApiError, bad_request, invalid
from kctl.api.fields import FieldError, forbidden, not_supported, required
from kctl.server.call import Call

NOT_OLDER, EXACT = "NotOlderThan", "Exact"


class ListOptions(NamedTuple):
    """`since` is resourceVersion as a number, None where it is not given or "0" (then
    `any_version`)."""

    limit: int
    continue_: str
    since: int | None
    any_version: bool
    match: str
    labels: str
    fields: str
    initial_events: bool
    bookmarks: bool
    timeout: int | None


def list_options(call: Call, *, watch: bool) -> ListOptions:
    """Raises ApiError."""
    query = call.query
    version = query.get("resourceVersion", "")
    options = ListOptions(
        max(call.number("limit") or 0, 0),
        query.get("continue", ""),
        _revision(version),
        version == "0",
        query.get("resourceVersionMatch", ""),
        query.get("labelSelector", ""),
        query.get("fieldSelector", ""),
        call.flag("sendInitialEvents"),
        call.flag("allowWatchBookmarks"),
        call.number("timeoutSeconds"),
    )
    initial = "sendInitialEvents" in query
    causes = _watch_causes(options, initial) if watch else _list_causes(options, version, initial)
    if causes:
        raise invalid("meta.k8s.io", "ListOptions", "", causes)
    return options


def _revision(version: str) -> int | None:
    if version in ("", "0"):
        return None
    if not version.isascii() or not version.isdigit():
        raise bad_request(
            f'Invalid value: "{version}": strconv.ParseUint: parsing "{version}": invalid syntax'
        )
    return int(version)


def _list_causes(options: ListOptions, version: str, initial: bool) -> list[FieldError]:
    where = "resourceVersionMatch"
    if initial:
        return [forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")]
    if not options.match:
        return []
    causes: list[FieldError] = []
    if options.continue_:
        causes.append(forbidden(where, f"{where} is forbidden when continue is provided"))
    if not version:
        causes.append(forbidden(where, f"{where} is forbidden unless resourceVersion is provided"))
    if options.match not in (NOT_OLDER, EXACT):
        causes.append(_unknown_match(options.match, (EXACT, NOT_OLDER)))
    if options.match == EXACT and version == "0":
        why = f'{where} "Exact" is forbidden for resourceVersion "0"'
        causes.append(forbidden(where, why))
    return causes


def _watch_causes(options: ListOptions, initial: bool) -> list[FieldError]:
    where = "resourceVersionMatch"
    if not initial:
        if not options.match:
            return []
        why = f"{where} is forbidden for watch unless sendInitialEvents is provided"
        return [forbidden(where, why)]
    if not options.match:
        why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        return [forbidden(where, why)]
    if options.match != NOT_OLDER:
        return [_unknown_match(options.match, (NOT_OLDER,))]
    if options.initial_events and not options.bookmarks:
        return [required("allowWatchBookmarks", "sendInitialEvents requires it")]
    return []


def _unknown_match(value: str, supported: tuple[str, ...]) -> FieldError:
    return not_supported("resourceVersionMatch", value, supported)


def too_large(wanted: int, current: int) -> ApiError:
    """504: a revision that is not written yet (NewTooLargeResourceVersionError)."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    details = {"causes": [cause], "retryAfterSeconds": 1}
    message = f"Too large resource version: {wanted}, current: {current}"
    return ApiError(504, "Timeout", message, details)
