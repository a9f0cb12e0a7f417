"""Load-balancer containers: made, brought to a configuration, looked at.

The order is the design's: upload a candidate, check it, put it in place, reload, confirm
that it answers, and only then say so in the manifest. What runs keeps serving when a
check fails. Files lie in the container's writable layer, so they are there again after
every restart.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import calls, frontbody, frontimage, labels, manifest
from kctl.runtime.docker import exec as execution
from kctl.runtime.docker.context import Context, Failure, done, failed
from kctl.runtime.docker.frontcheck import check_apart, confirm, last_words
from kctl.runtime.docker.frontretire import retire
from kctl.runtime.docker.frontstate import find, joined_holds, state, states
from kctl.runtime.docker.images import ImageProblem
from kctl.runtime.docker.imagetar import archive
from kctl.runtime.observations import FrontState
from kctl.runtime.operations import Outcome

if TYPE_CHECKING:
    from docker import APIClient

    from kctl.network.types import Front
    from kctl.runtime.operations import ApplyFront, RemoveFront

Row = dict[str, Any]
_COMMAND_SECONDS = 30.0
_BETWEEN_RELOADS = 0.05
"""seconds; a reload signal sent within some 20 ms of the last is lost"""


def apply(context: Context, operation: ApplyFront) -> Outcome:
    """Execute an `ApplyFront`."""
    with context.lock_of(f"front/{operation.front.name}"):
        try:
            _bring(context, operation)
        except Failure as failure:
            seen = replace(_seen(context, operation), error=failure.message)
            return replace(failed(operation, failure), front=seen)
        return Outcome(operation, True, time.time(), front=_seen(context, operation))


def _bring(context: Context, operation: ApplyFront) -> None:
    front = operation.front
    try:
        rows, _ = context.engine.containers(labels.of_cluster(context.cluster))
        row = find(rows, front.name)
        if row is None or not _fits(context, front, row, rows):
            _make_with_image(context, operation, row, rows)
        else:
            _configure(context, front, row)
    except (frontimage.MissingBinary, LookupError) as problem:
        raise _failure(str(problem)) from None
    except ImageProblem as problem:
        raise Failure(problem.reason, problem.message, problem.events) from None


def remove(context: Context, operation: RemoveFront) -> Outcome:
    """Execute a `RemoveFront`; nothing there is success."""
    with context.lock_of(f"front/{operation.name}"):
        marks = {labels.FRONT: operation.name}
        rows, _ = context.engine.containers(labels.of_cluster(context.cluster, **marks))
        with context.engine.patient() as api:
            for row in rows:
                retire(context, api, row)
        context.fronts.forget(operation.name)
    return done(operation)


def _seen(context: Context, operation: ApplyFront) -> FrontState:
    rows, _ = context.engine.containers(labels.of_cluster(context.cluster))
    row = find(rows, operation.front.name)
    if row is None:
        return FrontState(operation.front.name, False, error="it is gone")
    return state(context, row, rows)


def _failure(words: str) -> Failure:
    return Failure("FrontFailed", words, (("Warning", "FrontFailed", words),))


def _fits(context: Context, front: Front, row: Row, rows: list[Row]) -> bool:
    """Whether the container that is there can serve this front."""
    return (
        row["Labels"].get(labels.SHAPE) == front.shape
        and row["State"] == "running"
        and joined_holds(context, row, rows)
    )


def _make_with_image(
    context: Context, operation: ApplyFront, old: Row | None, rows: list[Row]
) -> None:
    """Make the front; once more where somebody removed its image since it was last used,
    as the cleaning of another control plane does."""
    try:
        _make(context, operation, old, rows)
    except calls.NoImage:
        context.own_images.forget()
        _make(context, operation, old, rows)


def _make(context: Context, operation: ApplyFront, old: Row | None, rows: list[Row]) -> None:
    """A new container with the whole configuration; the old one serves until the check
    has passed."""
    front = operation.front
    image = _image(context, front)
    body = frontbody.body(operation, context.cluster, image, rows, context.engine.api_version)
    if front.check:
        words = check_apart(context, front, body)
        if words:
            raise _failure(f"the configuration of {front.name} was refused: {words}")
    with context.engine.patient() as api:
        if old is not None:
            calls.remove(api, old["Id"])
        context.fronts.forget(front.name)
        name = frontbody.name(context.cluster, front.name)
        container_id = calls.create(context, name, body)
        files = [(path, data, 0o644) for path, data in front.files.items()]
        api.put_archive(container_id, "/", archive(files))
        calls.start(context, container_id)
        _confirm(context, front, container_id, 0.0)
        _remember(context, front, container_id, drained=True)


def _image(context: Context, front: Front) -> str:
    if not isinstance(front.image, str):
        return frontimage.ensure(context.own_images, front.image, context.engine.architecture)
    if context.images.user(front.image) is None:
        context.images.pull(front.image, ())
    return front.image


def _configure(context: Context, front: Front, row: Row) -> None:
    """Bring a running container to the front's files."""
    container_id = row["Id"]
    with context.engine.patient() as api:
        known = context.fronts.get(api, front.name, container_id)
        if known.manifest.digest == front.digest:
            return
        loud = _place(context, api, front, known)
    began = time.time()
    if loud:
        _reload(context, front, container_id, known)
    _confirm(context, front, container_id, began if loud else 0.0)
    _remember(context, front, container_id, drained=not loud)


def _place(context: Context, api: APIClient, front: Front, known: manifest.Remembered) -> list[str]:
    """Put what differs in place; the paths that take a reload. From the first upload on the
    container's manifest is in doubt; a refused candidate leaves it as it was."""
    container_id, served = known.container_id, known.manifest
    wanted = manifest.of(front).files
    changed = [path for path, digest in wanted.items() if served.files.get(path) != digest]
    loud = [path for path in changed if path not in front.live]
    staged = any(path in front.candidate for path in changed)
    known.manifest = manifest.in_doubt(served)
    doubt = manifest.entry(known.manifest)
    if staged:
        api.put_archive(container_id, "/", archive([doubt, *_candidates(front)]))
    if loud and front.check:
        try:
            _exec(context, front, container_id, front.check, "was refused")
        except Failure:
            manifest.write(api, container_id, served)
            known.manifest = served
            raise
    if staged and front.activate:
        _exec(context, front, container_id, front.activate, "could not be put in place")
    plain = [path for path in changed if not (front.activate and path in front.candidate)]
    if plain:
        files = [(path, front.files[path], 0o644) for path in plain]
        api.put_archive(container_id, "/", archive([doubt, *files]))
    return loud


def _candidates(front: Front) -> list[tuple[str, bytes, int]]:
    """All of them: `Front.activate` moves every one."""
    return [(new, front.files[path], 0o644) for path, new in front.candidate.items()]


def _exec(
    context: Context, front: Front, container_id: str, argv: tuple[str, ...], problem: str
) -> None:
    """Run one of the front's commands inside it; `Failure` with what it says."""
    code, output = execution.run(context.engine, container_id, argv, _COMMAND_SECONDS)
    if code != 0:
        words = output.decode(errors="replace").strip() or f"exit code {code}"
        raise _failure(f"the configuration of {front.name} {problem}: {words}")


def _reload(context: Context, front: Front, container_id: str, known: manifest.Remembered) -> None:
    """Signal the main process, or restart the container where the front has no signal."""
    wait = known.reloaded_at + _BETWEEN_RELOADS - time.monotonic()
    if wait > 0:
        time.sleep(wait)
    with context.engine.patient() as api:
        if front.reload:
            api.kill(container_id, front.reload)
        else:
            api.restart(container_id, timeout=5)
    known.reloaded_at = time.monotonic()


def _confirm(context: Context, front: Front, container_id: str, since: float) -> None:
    """Wait until the new configuration answers; `Failure` with the container's last words
    when it does not. A reload that seems lost is sent again once."""
    if confirm(context, front, container_id):
        return
    if since and front.reload:
        with context.engine.patient() as api:
            api.kill(container_id, front.reload)
        if confirm(context, front, container_id):
            return
    words = last_words(context, container_id, since)
    raise _failure(f"{front.name} does not serve its new configuration: {words}")


def _remember(context: Context, front: Front, container_id: str, *, drained: bool) -> None:
    confirmed = manifest.of(front)
    with context.engine.patient() as api:
        manifest.write(api, container_id, confirmed)
    now = time.monotonic()
    context.fronts.put(front.name, manifest.Remembered(container_id, confirmed, now, drained, now))


__all__ = ["apply", "remove", "states"]
