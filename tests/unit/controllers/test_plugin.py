"""The built-in controllers as the hook hands them out."""

from __future__ import annotations

from kctl.controllers.plugin import kctl_controllers
from kctl.scheduler.plugin import kctl_filters, kctl_schedulers, kctl_scores
from kctl.testing.world import builtin_kinds


def test_every_controller_has_its_own_name_and_watches_what_is_served() -> None:
    schedulers = kctl_schedulers(kctl_filters(), kctl_scores())
    controllers = kctl_controllers(schedulers, [])
    names = [each.name for each in controllers]
    assert len(set(names)) == len(names)
    served = {kind.resource for kind in builtin_kinds()}
    served |= {"*", "observed/pods", "observed/nodes", "observed/usage"}
    for each in controllers:
        assert set(each.watches) <= served, each.name


def test_filters_and_scores_explain_themselves_for_any_pod() -> None:
    plain = {"metadata": {"name": "p", "uid": "u"}, "spec": {"containers": []}}
    for each in [*kctl_filters(), *kctl_scores()]:
        assert isinstance(each.explain(plain), str)
