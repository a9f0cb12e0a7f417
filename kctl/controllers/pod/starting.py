"""Everything that a container is started with, worked out from the pod and the view."""

from __future__ import annotations

from kctl.controllers.pod import dns, network
from kctl.controllers.pod.context import PodContext
from kctl.controllers.pod.environment import Missing, environment
from kctl.controllers.pod.expansion import expand_all
from kctl.controllers.pod.fields import PodFields
from kctl.controllers.pod.pull_secrets import pull_secrets
from kctl.controllers.pod.runs import Run
from kctl.controllers.pod.volume_files import MountFailed, token_files, volume_files
from kctl.runtime.operations import StartContainer

_RETRY = 10.0
"""Seconds until a start is tried again that waits for another object."""


class CannotStart(Exception):
    """What a container needs is not there. `reason` is the waiting reason, `event` what
    the kubelet would record."""

    def __init__(
        self,
        reason: str,
        message: str,
        event: tuple[str, str, str] | None,
        retry: float = _RETRY,
    ) -> None:
        super().__init__(message)
        self.reason, self.message, self.event = reason, message, event
        self.retry = retry


def start_operation(context: PodContext, run: Run, restarts: int) -> StartContainer:
    """Raises CannotStart."""
    pod, view = context.pod, context.view
    if not context.seen.network and not pod["spec"].get("hostNetwork"):
        raise CannotStart(creating(context), "", None)  # the pass makes the network first
    fields = PodFields(pod, context.node, address=_address(context), host=network.host(context))
    try:
        files = volume_files(pod, view, fields)
        tokens = token_files(pod, view, context.node)
    except MountFailed as error:
        event = ("Warning", "FailedMount", str(error))
        raise CannotStart(creating(context), "", event) from None
    spec = run.container.spec
    try:
        variables = environment(pod, spec, view, fields)
    except Missing as error:
        event = ("Warning", "Failed", f"Error: {error}")
        raise CannotStart("CreateContainerConfigError", str(error), event) from None
    known = dict(variables)
    return StartContainer(
        context.node_name,
        pod,
        run.name,
        dns.pod_network(pod, view, fields.address),
        attempt=run.next_attempt,
        restarts=restarts,
        init=run.container.init,
        command=expand_all(spec.get("command"), known),
        args=expand_all(spec.get("args"), known),
        environment=variables,
        files=files,
        pull_secrets=pull_secrets(pod, view),
        tokens=tokens,
    )


def creating(context: PodContext) -> str:
    """The reason that a container waits for before there was an attempt."""
    return "PodInitializing" if context.pod["spec"].get("initContainers") else "ContainerCreating"


def _address(context: PodContext) -> str:
    try:
        return network.address(context)
    except network.NoAddress as error:
        event = ("Warning", "FailedCreatePodSandBox", f"Failed to create pod sandbox: {error}")
        raise CannotStart(creating(context), "", event) from None
