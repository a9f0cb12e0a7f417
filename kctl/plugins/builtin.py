"""The built-in plugins, and which hooks each of them implements.

They are names, not modules: a process imports only those that implement the hook it
asks for. `tests/unit/plugins/test_builtin.py` holds this table to the modules.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

BUILTIN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "kctl.api.kinds.plugin": ("kctl_kinds",),
        "kctl.api.admission.plugin": ("kctl_admission",),
        "kctl.controllers.plugin": ("kctl_controllers",),
        "kctl.scheduler.plugin": ("kctl_schedulers", "kctl_filters", "kctl_scores"),
        "kctl.runtime.plugin": ("kctl_runtime",),
        "kctl.network.plugin": ("kctl_load_balancers",),
        "kctl.printing.plugin": ("kctl_describers",),
        "kctl.commands.plugin": ("kctl_commands",),
    }
)
"""Module -> hooks, in the order in which their answers are listed."""
