"""The control plane as a process opens it: store, plugins, kinds, settings, Api."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from kctl.api.admission.dynamic import DynamicAdmission
from kctl.api.admission.webhooks import WebhookCaller
from kctl.api.api import Api
from kctl.api.crd.served import ServedKinds
from kctl.api.errors import ApiError
from kctl.api.registry import Kinds
from kctl.api.validation.priorityclass import SYSTEM
from kctl.plugins.manager import Plugins
from kctl.plugins.manager import load as load_plugins
from kctl.reconcile.birth import ensure_settings
from kctl.reconcile.clock import Clock, Randomness, SystemClock
from kctl.reconcile.executor import Prepare
from kctl.reconcile.webhooks import call_webhook
from kctl.store.store import Store
from kctl.store.types import Key

DATABASE = "kctl.db"
NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


def database_path(home: Path) -> Path:
    """Where the database of a home lies."""
    return home / DATABASE


def warn_on_stderr(message: str) -> None:
    print(f"Warning: {message}", file=sys.stderr)


class Plane:
    """Everything that a command or a pass needs, opened once. Close it, or use it as a
    context manager."""

    def __init__(
        self,
        home: Path,
        store: Store,
        plugins: Plugins,
        *,
        clock: Clock | None = None,
        randomness: Randomness | None = None,
        warn: Callable[[str], None] = warn_on_stderr,
    ) -> None:
        self.home, self.store, self.plugins = home, store, plugins
        self.clock = clock or SystemClock()
        self.randomness = randomness or Randomness()
        self.warn = warn
        self.prepare: Prepare = lambda operation: operation
        """For the executor of a pass: signs the tokens of pods, where somebody can."""
        self.read_settings()
        self.kinds.current()
        self._ensure_namespaces()
        self._ensure_priority_classes()

    @classmethod
    def open(
        cls,
        home: Path | str,
        *,
        url: str | None = None,
        warn: Callable[[str], None] = warn_on_stderr,
    ) -> Plane:
        """Open the control plane of `home`, making it on first use. `url` names another
        database. Raises StoreError."""
        home = Path(home)
        store = Store.open(url or database_path(home))
        return cls(home, store, load_plugins(home), warn=warn)

    def read_settings(self) -> None:
        """As they are now, for what is done next."""
        found = ensure_settings(self.store, self.plugins, self.randomness)
        self.settings: Mapping[str, str] = found
        for made in ("api", "own"):  # with those before
            self.__dict__.pop(made, None)

    @cached_property
    def kinds(self) -> Kinds:
        """They follow the definitions of custom kinds."""
        return ServedKinds(self.plugins.kinds(), self.store, self._publish_catalog)

    @cached_property
    def api(self) -> Api:
        """For what people and their programs ask."""
        return self._make_api(call_webhook)

    @cached_property
    def own(self) -> Api:
        """For what kctl writes of itself: webhooks are not asked, as a cluster's may be down
        when it starts."""
        return self._make_api(None)

    def _make_api(self, caller: WebhookCaller | None) -> Api:
        return Api(
            self.store,
            self.kinds,
            now=self.clock.now,
            new_uid=self.randomness.uid,
            suffix=self.randomness.suffix,
            admission=self.plugins.admission(),
            settings=self.settings,
            warn=self.warn,
            dynamic=DynamicAdmission(caller, self.randomness.uid),
        )

    def _publish_catalog(self, kinds: Kinds) -> None:
        """Keep the names and columns of the kinds where a light reader finds them."""
        catalog = kinds.catalog()
        if self.store.meta_get("catalog") != catalog:
            self.store.meta_put("catalog", catalog)

    def _ensure_namespaces(self) -> None:
        """The namespaces that every cluster has, there from the first command on."""
        for name in NAMESPACES:
            if self.store.get(Key("namespaces", "", name)) is not None:
                continue
            with suppress(ApiError):  # somebody else's first command made it meanwhile
                self.own.create(
                    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
                )

    def _ensure_priority_classes(self) -> None:
        """The classes that every cluster has; nobody may delete them."""
        for name in SYSTEM:
            if self.store.get(Key("priorityclasses.scheduling.k8s.io", "", name)) is not None:
                continue
            from kctl.api.kinds.scheduling.priorityclass import system_classes

            for each in system_classes():
                with suppress(ApiError):
                    self.own.create(each)

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> Plane:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
