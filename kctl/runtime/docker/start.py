"""Starting one container of a pod, in as few engine calls as there can be.

For a pod of one container with its image on the machine that is create, start, and one
look at the result. The image is asked for only when the engine says that it has none; a
sandbox, volumes and their files only where the pod has them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import calls, fill, handed, holder, images, labels, pod, security, volumes
from kctl.runtime.docker.context import Context, Event, Failure, done, failed
from kctl.runtime.docker.hooks import post_start
from kctl.runtime.pod_status import is_ephemeral, spec_of

if TYPE_CHECKING:
    from kctl.runtime.operations import Outcome, StartContainer

Object = dict[str, Any]


def start(context: Context, operation: StartContainer) -> Outcome:
    """Execute a `StartContainer`."""
    events: list[Event] = []
    with context.lock_of(operation.uid):
        try:
            container_id = _create(context, operation, events)
            calls.start(context, container_id)
            events.append(("Normal", "Started", "Container started"))
            post_start(context, operation, container_id)
        except images.ImageProblem as problem:
            failure = Failure(problem.reason, problem.message, (*events, *problem.events))
            return failed(operation, failure, context.observer.pod(operation.uid))
        except Failure as failure:
            failure.events = (*events, *failure.events)
            return failed(operation, failure, context.observer.pod(operation.uid))
        return done(operation, tuple(events), context.observer.pod(operation.uid))


def _create(context: Context, operation: StartContainer, events: list[Event]) -> str:
    """Create the container and whatever it leans on; its ID."""
    spec = spec_of(operation.pod, operation.container)
    image = spec["image"]
    images.parse(image)
    if operation.attempt == 0:
        events += _unsupported(operation)
    source = _Source(context, operation, spec.get("imagePullPolicy"), image, events)
    if source.policy == "Always":
        source.pull()
    around = _surroundings(context, operation, _user(operation, spec, source))
    with calls.engine_words("CreateContainerError"):
        around, checks = _with_volumes(context, operation, spec, around)
    if operation.attempt > 0:
        _retire_older(context, operation)
    name, body = pod.container(operation, around)
    try:
        container_id = _call(context, name, body, operation, spec)
    except calls.NoImage:
        source.pull()
        container_id = _call(context, name, body, operation, spec)
    source.settle()
    _check_mounts(context, container_id, checks)
    events.append(("Normal", "Created", "Container created"))
    return container_id


def _retire_older(context: Context, operation: StartContainer) -> None:
    """Earlier attempts stay for their logs and their exit codes, not to come back."""
    wanted = {labels.POD_UID: operation.uid, labels.CONTAINER: operation.container}
    rows, _ = context.engine.containers(labels.of_cluster(context.cluster, **wanted))
    with context.engine.patient() as api:
        for row in rows:
            if row["State"] in ("created", "exited", "dead"):
                calls.retire(api, row["Id"])


class _Source:
    """Where a container's image comes from, and the events of getting it."""

    def __init__(
        self,
        context: Context,
        operation: StartContainer,
        policy: str | None,
        image: str,
        events: list[Event],
    ) -> None:
        self.policy = policy or images.default_policy(image)
        self._context, self._operation = context, operation
        self._image, self._events, self._pulled = image, events, False

    def pull(self) -> None:
        """The engine has no such image, or the policy wants it fresh."""
        self._pulled = True
        registry_first = self._context.settings.get("image-distribution") == "fallback"
        if self.policy == "Never":
            if not self._handed():
                raise images.never(self._image)
        elif self.policy == "Always":
            self._pull()
        elif not registry_first:
            if not self._handed():
                self._pull()
        else:
            self._pull_or_be_handed()

    def _pull_or_be_handed(self) -> None:
        try:
            self._pull()
        except images.ImageProblem as problem:
            before = len(self._events)
            if not self._handed():
                raise problem from None
            self._events[before:before] = problem.events[:2]  # not that the pull was given up

    def _pull(self) -> None:
        self._events += self._context.images.pull(self._image, self._operation.pull_secrets)

    def _handed(self) -> bool:
        return handed.fetch(self._context, self._image, self._events)

    def user(self) -> str:
        """The image's USER; pulls the image where that is needed to know it."""
        found = self._context.images.user(self._image)
        if found is None:
            self.pull()
            found = self._context.images.user(self._image)
        return found or ""

    def settle(self) -> None:
        if not self._pulled:
            self._events.append(images.present(self._image))


def _unsupported(operation: StartContainer) -> list[Event]:
    lines = pod.unsupported(operation.pod, operation.container)
    return [("Warning", "NotHonoured", f"a Docker host cannot honour {each}") for each in lines]


def _user(operation: StartContainer, spec: Object, source: _Source) -> str:
    """The image's USER where it decides something, "" elsewhere."""
    user = source.user() if security.needs_image_user(operation.pod, spec) else ""
    try:
        security.verify(operation.pod, spec, user)
    except security.NotAllowed as refusal:
        words = str(refusal)
        events = (("Warning", "Failed", f"Error: {words}"),)
        raise Failure("CreateContainerConfigError", words, events) from None
    return user


def _surroundings(context: Context, operation: StartContainer, image_user: str) -> pod.Surroundings:
    """What the translation needs to know; makes the sandbox where there is to be one."""
    network = "" if operation.network.host_network else context.network.name()
    if not network and not operation.network.host_network:
        words = "the pod network of this node is not there yet"
        events = (("Warning", "FailedCreatePodSandBox", words),)
        raise Failure("CreateContainerConfigError", words, events)
    around = pod.Surroundings(
        cluster=context.cluster,
        network=network,
        domain=context.domain,
        host_addresses=context.host_addresses() if pod.has_host_ports(operation.pod) else (),
        image_user=image_user,
    )
    around = replace(around, sandbox=holder.ensure(context, operation, around))
    if is_ephemeral(operation.pod, operation.container):
        return holder.beside(context, operation, around)
    return around


def _with_volumes(
    context: Context, operation: StartContainer, spec: Object, around: pod.Surroundings
) -> tuple[pod.Surroundings, list[volumes.HostPathCheck]]:
    """Fill the pod's volumes and plan the container's mounts."""
    try:
        fill.fill(context, operation, spec, around.sandbox)
        fill.host_files(context, operation, spec)
        plan = volumes.plan(
            operation.pod,
            spec,
            context.cluster,
            dict(operation.environment),
            context.engine.api_version,
            lambda name: fill.mountpoint(context, name),
        )
    except volumes.VolumeProblem as problem:
        raise _mount_failure(str(problem)) from None
    mounted = replace(around, binds=tuple(plan.binds), mounts=tuple(plan.mounts))
    return mounted, plan.checks


def _call(
    context: Context, name: str, body: Object, operation: StartContainer, spec: Object
) -> str:
    try:
        return calls.create(context, name, body)
    except Failure as failure:
        words = fill.bind_failure(failure.message, spec, operation.pod)
        raise (_mount_failure(words) if words else failure) from None


def _check_mounts(context: Context, container_id: str, checks: list[volumes.HostPathCheck]) -> None:
    try:
        fill.check_host_paths(context, container_id, checks)
    except volumes.VolumeProblem as problem:
        with context.engine.patient() as api:
            calls.remove(api, container_id)
        raise _mount_failure(str(problem)) from None


def _mount_failure(words: str) -> Failure:
    return Failure("CreateContainerConfigError", words, (("Warning", "FailedMount", words),))
