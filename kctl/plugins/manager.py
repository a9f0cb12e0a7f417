"""The plugins of a process: found, imported when a hook needs them, kept apart.

pluggy checks every implementation against its specification. Calling is done one
implementation at a time, since pluggy lets one that raises stop the others: here it is
named in one warning line and left out.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from kctl import __version__
from kctl.plugins import hookspecs
from kctl.plugins.builtin import BUILTIN
from kctl.plugins.discovery import Discovery, Found, seen

if TYPE_CHECKING:
    from kctl.api.kind import Admission, Kind
    from kctl.commands.command import CommandRef
    from kctl.controllers.types import Controller
    from kctl.network.types import LoadBalancer
    from kctl.printing.types import Describer, Printer
    from kctl.runtime.types import Runtime
    from kctl.scheduler.types import Filter, Scheduler, Score

DISABLE = "KCTL_DISABLE_PLUGINS"
"""Environment variable: names of third-party plugins to leave out, separated by commas."""

Warn = Callable[[str], None]


def load(home: Path, warn: Warn | None = None) -> Plugins:
    """The plugins of this installation. Nothing is imported yet. `home` is where the
    cache of the discovery lies; `warn` takes one line a failure (default: stderr)."""
    return Plugins(Discovery(home / "cache"), warn or _warn_on_stderr, os.environ.get(DISABLE, ""))


def _warn_on_stderr(message: str) -> None:
    print(f"Warning: {message}", file=sys.stderr)


@dataclass(frozen=True, slots=True)
class PluginState:
    """One line of `kctl plugin list`."""

    name: str
    version: str
    distribution: str
    state: str
    """ok, broken or disabled"""
    error: str
    hooks: tuple[str, ...]


class Plugins:
    """Every hook as a method that collects the answers of all plugins: built-in ones
    first, in the order of `BUILTIN`, then third parties by name."""

    def __init__(self, discovery: Discovery, warn: Warn, disabled: str = "") -> None:
        self._discovery, self._warn = discovery, warn
        self._disabled = {each.strip() for each in disabled.split(",") if each.strip()}
        self._manager = pluggy.PluginManager("kctl")
        self._manager.add_hookspecs(hookspecs)
        self._hooks = tuple(each for each in vars(hookspecs) if each.startswith("kctl_"))
        self._errors: dict[str, str] = {}
        self._lists: dict[str, list[Any]] = {}

    # --- the hooks -------------------------------------------------------------------

    def kinds(self) -> list[Kind]:
        return self._collect("kctl_kinds", lambda kind: (kind.group, kind.version, kind.kind))

    def admission(self) -> list[Admission]:
        """In the order in which they run: that of their names."""
        return sorted(self._collect("kctl_admission"), key=lambda step: str(step.name))

    def controllers(self) -> list[Controller]:
        asked = {"schedulers": self.schedulers(), "load_balancers": self.load_balancers()}
        return self._collect("kctl_controllers", asked=asked)

    def schedulers(self) -> list[Scheduler]:
        asked = {"filters": self.filters(), "scores": self.scores()}
        return self._collect("kctl_schedulers", asked=asked)

    def filters(self) -> list[Filter]:
        return self._collect("kctl_filters")

    def scores(self) -> list[Score]:
        return self._collect("kctl_scores")

    def load_balancers(self) -> list[LoadBalancer]:
        return self._collect("kctl_load_balancers")

    def printers(self) -> list[Printer]:
        return self._collect("kctl_printers")

    def describers(self) -> list[Describer]:
        return self._collect("kctl_describers", lambda describer: describer.resource)

    def commands(self) -> list[CommandRef]:
        return self._collect("kctl_commands")

    def settings(self) -> dict[str, Any]:
        """Settings that plugins add; the first plugin that names one defines it."""
        merged: dict[str, Any] = {}
        for name, answer in self._answers("kctl_settings"):
            if isinstance(answer, Mapping):
                merged = {**answer, **merged}
            else:
                self._fail(name, "kctl_settings", f"answered {type(answer).__name__}, not a dict")
        return merged

    def runtime(self, url: str, node: str, settings: Mapping[str, str]) -> Runtime | None:
        """The runtime of the first plugin that knows the scheme of `url`. Raises ValueError
        where that plugin says what is wrong with the URL."""
        asked = {"url": url, "node": node, "settings": settings}
        answers = self._answers("kctl_runtime", asked, let=ValueError)
        return next((runtime for _, runtime in answers), None)

    # --- for people ------------------------------------------------------------------

    def states(self) -> list[PluginState]:
        """Every plugin, each imported and each of its lists asked for once, so that what
        is broken shows. Warns of nothing: the states say it."""
        warn, self._warn = self._warn, lambda message: None
        try:
            for hook in self._hooks:
                self._load_for(hook)
            for ask in (*self._listings(), self.settings):
                ask()
        finally:
            self._warn = warn
        builtin = [
            self._state(Found(name, name, "kctl", __version__, hooks))
            for name, hooks in BUILTIN.items()
        ]
        return builtin + [self._state(each) for each in self._found.values()]

    def _listings(self) -> tuple[Callable[[], object], ...]:
        """Every method that lists something."""
        return (
            self.kinds,
            self.admission,
            self.controllers,
            self.schedulers,
            self.filters,
            self.scores,
            self.load_balancers,
            self.printers,
            self.describers,
            self.commands,
        )

    def _state(self, found: Found) -> PluginState:
        error = self._errors.get(found.name, "")
        state = "broken" if error else "ok"
        if found.name in self._disabled and found.name not in BUILTIN:
            state = "disabled"
        return PluginState(
            found.name, found.version, found.distribution, state, error, found.hooks or ()
        )

    # --- calling ---------------------------------------------------------------------

    def _collect(
        self,
        hook: str,
        identity: Callable[[Any], object] = lambda item: item.name,
        asked: Mapping[str, object] | None = None,
    ) -> list[Any]:
        """The items of every plugin's answer; an item that another has defined before is
        left out with a warning. Asked once a process."""
        if hook not in self._lists:
            items: dict[object, Any] = {}
            for name, answer in self._answers(hook, asked):
                for error in _add(items, answer, identity):
                    self._fail(name, hook, error)
            self._lists[hook] = list(items.values())
        return list(self._lists[hook])

    def _answers(
        self,
        hook: str,
        asked: Mapping[str, object] | None = None,
        let: type[Exception] | tuple[()] = (),
    ) -> Iterator[tuple[str, Any]]:
        """(plugin, answer) of each implementation that answers. `let` is an error that is an
        answer too, and is raised."""
        self._load_for(hook)
        for impl in self._implementations(hook):
            try:
                answer = impl.function(*((asked or {})[each] for each in impl.argnames))
            except let:
                raise
            except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a stranger raises
                self._fail(impl.plugin_name, hook, _text(error))
                continue
            if answer is not None:
                yield impl.plugin_name, answer

    def _implementations(self, hook: str) -> list[pluggy.HookImpl]:
        order = [*BUILTIN, *self._found]
        impls = self._manager.hook.__dict__[hook].get_hookimpls()
        return sorted(impls, key=lambda each: order.index(each.plugin_name))

    # --- loading ---------------------------------------------------------------------

    @cached_property
    def _found(self) -> dict[str, Found]:
        return {each.name: each for each in self._discovery.find()}

    def _load_for(self, hook: str) -> None:
        """Import and register what may implement `hook`, each plugin once."""
        for name, hooks in BUILTIN.items():
            if hook in hooks:
                self._load(Found(name, name, hooks=hooks))
        learnt = False
        for name, found in self._found.items():
            if name in self._disabled or (found.hooks is not None and hook not in found.hooks):
                continue
            loaded = self._load(found)
            if loaded is not None and loaded != found:
                self._found[name] = loaded
                learnt = True
        if learnt:
            self._discovery.learn(list(self._found.values()))

    def _load(self, found: Found) -> Found | None:
        """The plugin with its hooks known; None when it is broken, or was loaded before."""
        if found.name in self._errors or self._manager.has_plugin(found.name):
            return None
        try:
            plugin, origin = _import(found.value)
            hooks = self._check(plugin)
            self._manager.register(plugin, found.name)
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a stranger raises
            self._fail(found.name, "", _text(error))
            return None
        return seen(found, hooks, origin)

    def _check(self, plugin: object) -> list[str]:
        """The hooks that a plugin implements. pluggy would pass over a misspelt hook and
        over a function that lacks its mark: both are errors here."""
        hooks = []
        for name in dir(plugin):
            options = self._manager.parse_hookimpl_opts(plugin, name)
            if options is None:
                if name in self._hooks:
                    raise pluggy.PluginValidationError(plugin, f"{name} is not marked @hookimpl")
                continue
            if name not in self._hooks:
                raise pluggy.PluginValidationError(plugin, f"there is no hook {name}")
            if options["wrapper"] or options["hookwrapper"]:
                raise pluggy.PluginValidationError(plugin, f"{name} wraps a hook: not supported")
            hooks.append(name)
        return hooks

    def _fail(self, name: str, hook: str, error: str) -> None:
        where = f"in {hook}" if hook else "to load"
        known = self._errors.get(name)
        self._errors[name] = f"{hook}: {error}" if hook else error
        if known != self._errors[name]:
            self._warn(f'plugin "{name}" failed {where}: {error}')


def _import(value: str) -> tuple[object, str | None]:
    """The plugin that an entry point names, and the file of its module."""
    path, _, attribute = value.partition(":")
    module = importlib.import_module(path.strip())
    plugin: object = module
    for part in attribute.split(".") if attribute else ():
        plugin = getattr(plugin, part.strip())
    return plugin, getattr(module, "__file__", None)


def _add(items: dict[object, Any], answer: Any, identity: Callable[[Any], object]) -> Iterator[str]:
    """Add the items of one answer; yields what was wrong with it."""
    if not isinstance(answer, (list, tuple)):
        yield f"answered {type(answer).__name__}, not a list"
        return
    for item in answer:
        try:
            key = identity(item)
        except AttributeError as error:
            yield f"answered something of another type: {error}"
            continue
        if key in items:
            yield f"{key} is already defined by another plugin"
            continue
        items[key] = item


def _text(error: BaseException) -> str:
    """One line without control characters, of bounded length."""
    if isinstance(error, pluggy.PluginValidationError):
        text = str(error)
    else:
        text = f"{type(error).__name__}: {error}".removesuffix(": ")
    line = "".join(each if each.isprintable() else " " for each in " ".join(text.split()))
    return line if len(line) <= 300 else line[:297] + "..."
