"""A pod is given an image that another host has."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.integration.hosts.bed import Bed, Kctl
from tests.integration.reconcile.cluster import Object, pod, until, workload

pytestmark = pytest.mark.docker
NOBODY = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}


@pytest.fixture
def setting(kctl: Kctl) -> Iterator[None]:
    yield
    kctl.do("settings", "image-distribution", "auto")


def on(host: str, name: str, image: str, policy: str) -> Object:
    spec = {"nodeName": host}
    return pod(name, image, imagePullPolicy=policy, spec=spec)


def events(kctl: Kctl, name: str) -> list[tuple[str, str]]:
    found = kctl.items("events", "--field-selector", f"involvedObject.name={name}")
    return [(each["reason"], each["message"]) for each in found]


def test_every_host_gets_what_this_machine_has(kctl: Kctl, bed: Bed, app: str) -> None:
    kctl.apply(workload("web", f"{app}:1", replicas=4))
    kctl.rolled_out("web")
    for host in bed.hosts:
        assert kctl.on(host, "web"), f"no pod on {host}"
    own = [m for m in kctl.messages("Pulled") if f'"{app}:1"' in m and "Successfully" in m]
    (message,) = {each.split(" in ")[0] for each in own if "this machine" in each}
    assert message == f'Successfully pulled image "{app}:1" from this machine'


@pytest.mark.parametrize("policy", ["Never", "IfNotPresent"])
def test_a_node_gives_it_where_this_machine_has_none(kctl: Kctl, app: str, policy: str) -> None:
    name = f"c-{policy.lower()}"
    kctl.do("image", "load", f"{app}:1", "--nodes=h1")
    text = json.dumps(on("h2", name, f"{app}:1", policy))
    kctl.do("apply", "-f", "-", stdin=text, **NOBODY)
    until(lambda: kctl.ready(name), 30, "the pod runs")
    said = events(kctl, name)
    assert ("Pulling", f'Pulling image "{app}:1" from node h1') in said
    assert any(
        reason == "Pulled"
        and message.startswith(f'Successfully pulled image "{app}:1" from node h1 in ')
        for reason, message in said
    )


def test_off_gives_nothing(kctl: Kctl, app: str, setting: None) -> None:
    kctl.do("settings", "image-distribution", "off")
    kctl.apply(on("h2", "alone", f"{app}:1", "Never"))
    until(lambda: kctl.waiting("alone") == "ErrImageNeverPull", 30, "the kubelet's reason")
    assert ("Failed", "Error: ErrImageNeverPull") in events(kctl, "alone")


def test_fallback_asks_the_registry_first(kctl: Kctl, app: str, setting: None) -> None:
    kctl.do("settings", "image-distribution", "fallback")
    kctl.apply(on("h2", "second", f"{app}:1", "IfNotPresent"))
    until(lambda: kctl.ready("second"), 30, "the pod runs")
    said = events(kctl, "second")
    assert ("Pulling", f'Pulling image "{app}:1"') in said
    assert any(f'Failed to pull image "{app}:1": Error' in message for _, message in said)
    assert ("Pulling", f'Pulling image "{app}:1" from this machine') in said
    assert ("Failed", "Error: ErrImagePull") not in said


def test_always_wants_the_registrys_word(kctl: Kctl, app: str) -> None:
    kctl.apply(on("h2", "strict", f"{app}:1", "Always"))
    reasons = ("ErrImagePull", "ImagePullBackOff")
    until(lambda: kctl.waiting("strict") in reasons, 30, "the pull fails")
    assert not any("from this machine" in message for _, message in events(kctl, "strict"))


def test_a_word_that_is_no_setting(kctl: Kctl) -> None:
    ran = kctl.kctl("settings", "image-distribution", "maybe")
    assert ran.code == 1
    words = "'maybe' is none of: auto, fallback, off"
    assert ran.err == f"error: image-distribution: {words}\n"
