"""The sandbox of a pod: found, or made when the first of its containers starts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kctl.runtime.docker import calls, labels, pod, sandbox, volumes
from kctl.runtime.docker.context import Context, Failure
from kctl.runtime.pod_status import spec_of

if TYPE_CHECKING:
    from kctl.runtime.operations import StartContainer


def ensure(context: Context, operation: StartContainer, around: pod.Surroundings) -> str:
    """The ID of the pod's running sandbox; "" for a pod that needs none.

    A dead sandbox is replaced by a further attempt. Containers that joined the dead one
    have lost their network and are for the pod controller to make anew."""
    if not pod.needs_sandbox(operation.pod):
        return ""
    wanted = {labels.POD_UID: operation.uid, labels.TYPE: "podsandbox"}
    rows, _ = context.engine.containers(labels.of_cluster(context.cluster, **wanted))
    running = [row["Id"] for row in rows if row["State"] == "running"]
    if running:
        return str(running[0])
    attempts = [int(row["Labels"].get(labels.ATTEMPT, "0")) for row in rows]
    for row in rows:
        with context.engine.patient() as api:
            calls.remove(api, row["Id"])
    return _make(context, operation, around, max(attempts, default=-1) + 1)


def beside(
    context: Context, operation: StartContainer, around: pod.Surroundings
) -> pod.Surroundings:
    """What an ephemeral container joins: the sandbox, or the pod's only container, and the
    processes of its target. Raises Failure where that does not run."""
    wanted = {labels.POD_UID: operation.uid, labels.TYPE: "container"}
    rows, _ = context.engine.containers(labels.of_cluster(context.cluster, **wanted))
    running = {
        row["Labels"].get(labels.CONTAINER, ""): str(row["Id"])
        for row in rows
        if row["State"] == "running"
    }
    spec = operation.pod["spec"]
    target = spec_of(operation.pod, operation.container).get("targetContainerName") or ""
    main = "" if around.sandbox else spec["containers"][0]["name"]
    for name in (main, target):
        if name and name not in running:
            words = f"container {name} of the pod does not run"
            events = (("Warning", "Failed", f"Error: {words}"),)
            raise Failure("CreateContainerError", words, events)
    return replace(around, main=running.get(main, ""), target=running.get(target, ""))


def _make(
    context: Context, operation: StartContainer, around: pod.Surroundings, attempt: int
) -> str:
    mounts = volumes.engine_mounts(operation.pod, context.cluster)
    with_mounts = pod.Surroundings(
        cluster=around.cluster,
        network=around.network,
        domain=around.domain,
        host_addresses=around.host_addresses,
        mounts=tuple(mounts),
    )
    try:
        container_id = _create(context, operation, with_mounts, attempt)
        calls.start(context, container_id)
    except (Failure, sandbox.NoPause) as problem:
        words = problem.message if isinstance(problem, Failure) else str(problem)
        message = f"Failed to create pod sandbox: {words}"
        events = (("Warning", "FailedCreatePodSandBox", message),)
        raise Failure("CreateContainerError", message, events) from None
    context.uploaded.pop(operation.uid, None)
    return container_id


def _create(
    context: Context, operation: StartContainer, around: pod.Surroundings, attempt: int
) -> str:
    image = sandbox.ensure_image(context.engine, context.own_images)
    name, body = pod.sandbox(operation, around, image, attempt)
    try:
        return calls.create(context, name, body)
    except calls.NoImage:  # somebody removed it since
        context.own_images.forget()
        sandbox.ensure_image(context.engine, context.own_images)
        return calls.create(context, name, body)
