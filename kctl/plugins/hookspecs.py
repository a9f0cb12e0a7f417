"""Every hook of kctl, with what it is for.

All that is built in is registered through these hooks too (`kctl.plugins.builtin`).
A hook returns a list; an implementation that raises is named in one warning and left
out, the others go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:  # the hooks name types of rooms above; nothing is imported at run time
    from kctl.api.kind import Admission, Kind
    from kctl.commands.command import CommandRef
    from kctl.controllers.types import Controller
    from kctl.network.types import LoadBalancer
    from kctl.printing.types import Describer, Printer
    from kctl.runtime.types import Runtime
    from kctl.scheduler.types import Filter, Scheduler, Score

hookspec = pluggy.HookspecMarker("kctl")
hookimpl = pluggy.HookimplMarker("kctl")


@hookspec
def kctl_kinds() -> list[Kind]:  # type: ignore[empty-body]
    """Kinds to serve, beside the built-in ones."""


@hookspec
def kctl_admission() -> list[Admission]:  # type: ignore[empty-body]
    """Admission steps, run in the order of their names."""


@hookspec
def kctl_controllers(  # type: ignore[empty-body]
    schedulers: Sequence[Scheduler], load_balancers: Sequence[LoadBalancer]
) -> list[Controller]:
    """Control loops that every pass runs. `schedulers` and `load_balancers` are those of all
    plugins; leave out what is of no use."""


@hookspec
def kctl_schedulers(  # type: ignore[empty-body]
    filters: Sequence[Filter], scores: Sequence[Score]
) -> list[Scheduler]:
    """Schedulers that pods may name in spec.schedulerName. `filters` and `scores` are those
    of all plugins, for a scheduler that is made of them; leave out what is of no use."""


@hookspec
def kctl_filters() -> list[Filter]:  # type: ignore[empty-body]
    """Filters that the default scheduler asks of every node."""


@hookspec
def kctl_scores() -> list[Score]:  # type: ignore[empty-body]
    """Scores that the default scheduler adds up, each times its weight."""


@hookspec
def kctl_runtime(url: str, node: str, settings: Mapping[str, str]) -> Runtime | None:
    """A runtime for a node whose host is `url` ("unix:///var/run/docker.sock"), or None
    where the scheme is somebody else's. The first answer counts. A ValueError says what is
    wrong with a URL of one's own scheme; its text is for people."""


@hookspec
def kctl_load_balancers() -> list[LoadBalancer]:  # type: ignore[empty-body]
    """Load-balancer back ends, chosen by name in the setting "load-balancer"."""


@hookspec
def kctl_printers() -> list[Printer]:  # type: ignore[empty-body]
    """Output formats for `-o NAME`."""


@hookspec
def kctl_describers() -> list[Describer]:  # type: ignore[empty-body]
    """What `kctl describe` prints of a kind."""


@hookspec
def kctl_commands() -> list[CommandRef]:  # type: ignore[empty-body]
    """Commands, each by its name and the module that holds its COMMAND."""


@hookspec
def kctl_settings() -> Mapping[str, Any]:  # type: ignore[empty-body]
    """Settings that a plugin adds, with their defaults."""
