"""Get and list."""

from __future__ import annotations

from starlette.responses import Response

from kctl.api.kind import Kind
from kctl.server.call import Call
from kctl.server.negotiate import Shape, shape
from kctl.server.options import EXACT, ListOptions, list_options, too_large
from kctl.server.respond import respond
from kctl.server.shapes import shaped, shaped_list


async def get(call: Call, kind: Kind) -> Response:
    """One object. It is read on the event loop, since that takes less than a change of threads."""
    form = shape(call.headers, call.query)
    _check_reached(call, call.query.get("resourceVersion", ""))
    api = call.server.reads
    if form.plain:
        return respond(call, api.get_json(kind, call.info.name, call.info.namespace), form)
    obj = api.get(kind, call.info.name, call.info.namespace)
    return respond(call, shaped(kind, obj, form, call.server.now()), form)


def _check_reached(call: Call, version: str) -> None:
    if version.isascii() and version.isdigit():
        current = call.server.store.revision()
        if int(version) > current:
            raise too_large(int(version), current)


async def list_(call: Call, kind: Kind) -> Response:
    form = shape(call.headers, call.query)
    options = list_options(call, watch=False)
    return await call.blocking(_list, call, kind, form, options)


def _list(call: Call, kind: Kind, form: Shape, options: ListOptions) -> Response:
    if options.since is not None and options.match != EXACT:
        _check_reached(call, str(options.since))
    found = call.server.lists.list(
        kind,
        call.info.namespace or None,
        label_selector=options.labels,
        field_selector=options.fields,
        limit=options.limit,
        continue_=options.continue_,
        revision=exact_revision(options),
    )
    if form.plain:
        return respond(call, found.json(), form)
    if form.kind == "Table" and form.include != "Object":
        return respond(
            call,
            call.server.rows.table(kind, found.records, found.metadata(), form, call.server.now()),
            form,
        )
    shown = shaped_list(kind, found.items, found.metadata(), form, call.server.now())
    return respond(call, shown, form)


def exact_revision(options: ListOptions) -> int | None:
    """The one revision to list at. With a limit, a resourceVersion without a match means that
    very one, as it did before there were matches."""
    if options.continue_ or options.since is None:
        return None
    paged = options.limit > 0 and not options.match
    return options.since if options.match == EXACT or paged else None
