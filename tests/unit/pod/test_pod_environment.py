"""What a container is started with: variables, files, names."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.controllers.pod.expansion import expand
from kctl.runtime.operations import StartContainer
from tests.unit.pod.world import World, pod_object


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def config(kind: str, name: str, data: dict[str, str], **more: Any) -> dict[str, Any]:
    if kind == "Secret":
        data = {key: encoded(value) for key, value in data.items()}
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": data, **more}


def service(name: str, ip: str, *ports: dict[str, Any], namespace: str = "default") -> Any:
    metadata = {"name": name, "namespace": namespace}
    spec = {"clusterIP": ip, "ports": list(ports)}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def start(world: World, **spec: Any) -> StartContainer:
    container = spec.pop("container", {})
    pod = pod_object(containers=[{"name": "c", "image": "img", **container}], **spec)
    world.put(pod)
    world.settle()
    found = [op for op in world.operations if isinstance(op, StartContainer)]
    assert found, world.container()["state"]
    return found[-1]


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("$(A)", "1"),
        ("x-$(A)-$(B)", "x-1-2"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"),
        ("$(MISSING)", "$(MISSING)"),
        ("$(A", "$(A"),
        ("$A", "$A"),
        ("$$", "$"),
        ("$", "$"),
        ("$()", "$()"),
        ("$($(A))", "$($(A))"),
        ("a$$b$(A)$", "a$b1$"),
    ],
)
def test_references_expand_by_kubernetes_rules(text: str, expanded: str) -> None:
    assert expand(text, {"A": "1", "B": "2"}) == expanded


@given(st.text(alphabet="$()AB x", max_size=20))
def test_a_text_with_every_dollar_doubled_comes_out_as_it_was(text: str) -> None:
    assert expand(text.replace("$", "$$"), {"A": "1", "AB": "2"}) == text


def test_variables_see_the_ones_before_them_and_override_env_from() -> None:
    world = World()
    world.put(config("ConfigMap", "settings", {"COLOR": "red", "SIZE": "1"}))
    world.put(config("Secret", "keys", {"TOKEN": "s3cret"}))
    operation = start(
        world,
        container={
            "envFrom": [
                {"configMapRef": {"name": "settings"}},
                {"prefix": "K_", "secretRef": {"name": "keys"}},
                {"configMapRef": {"name": "nowhere", "optional": True}},
            ],
            "env": [
                {"name": "COLOR", "value": "blue"},
                {"name": "LINE", "value": "$(COLOR)/$(SIZE)/$(LATER)/$$(SIZE)"},
                {"name": "LATER", "value": "x"},
                {"name": "EMPTY"},
                {
                    "name": "PICKED",
                    "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "SIZE"}},
                },
                {
                    "name": "SKIPPED",
                    "valueFrom": {
                        "secretKeyRef": {"name": "keys", "key": "NONE", "optional": True}
                    },
                },
            ],
            "command": ["run", "$(COLOR)"],
            "args": ["$(LINE)", "$(NOT)"],
        },
    )
    environment = dict(operation.environment)
    assert environment == {
        "SIZE": "1",
        "K_TOKEN": "s3cret",
        "COLOR": "blue",
        "LINE": "blue/1/$(LATER)/$(SIZE)",
        "LATER": "x",
        "EMPTY": "",
        "PICKED": "1",
    }
    assert operation.command == ("run", "blue")
    assert operation.args == ("blue/1/$(LATER)/$(SIZE)", "$(NOT)")


def test_a_pod_may_ask_for_its_own_fields() -> None:
    world = World()
    paths = {
        "NAME": "metadata.name",
        "NAMESPACE": "metadata.namespace",
        "UID": "metadata.uid",
        "TIER": "metadata.labels['tier']",
        "NODE": "spec.nodeName",
        "IP": "status.podIP",
        "HOST": "status.hostIP",
    }
    env = [
        {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
        for name, path in paths.items()
    ]
    operation = start(world, container={"env": env}, metadata={"labels": {"tier": "front"}})
    assert dict(operation.environment) == {
        "NAME": "web",
        "NAMESPACE": "default",
        "UID": "uid-web",
        "TIER": "front",
        "NODE": "n1",
        "IP": "10.98.16.10",
        "HOST": "192.0.2.1",
    }


@pytest.mark.parametrize(
    ("env", "message"),
    [
        (
            {"env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k"}}}]},
            'configmap "m" not found',
        ),
        ({"envFrom": [{"secretRef": {"name": "s"}}]}, 'secret "s" not found'),
        (
            {
                "env": [
                    {"name": "X", "valueFrom": {"configMapKeyRef": {"name": "there", "key": "k"}}}
                ]
            },
            "couldn't find key k in ConfigMap default/there",
        ),
    ],
)
def test_a_reference_that_leads_nowhere_is_a_config_error(
    env: dict[str, Any], message: str
) -> None:
    world = World()
    world.put(config("ConfigMap", "there", {"a": "b"}))
    world.put(pod_object(containers=[{"name": "c", "image": "img", **env}]))
    world.settle()
    assert world.container()["state"] == {
        "waiting": {"reason": "CreateContainerConfigError", "message": message}
    }
    assert world.operations == []
    world.sleep(30)
    assert world.said("Failed") == [f"Error: {message}"]


def test_once_the_reference_is_there_the_container_starts() -> None:
    world = World()
    env = {"envFrom": [{"configMapRef": {"name": "settings"}}]}
    world.put(pod_object(containers=[{"name": "c", "image": "img", **env}]))
    world.settle()
    settings = world.put(config("ConfigMap", "settings", {"A": "1"}))
    assert list(world.controller.watches["configmaps"](settings, world)) == [
        ("pods", "default", "web")
    ]
    world.settle()
    assert world.status()["phase"] == "Running"
    assert list(world.controller.watches["configmaps"](settings, world)) == []


def test_services_are_told_of_in_variables() -> None:
    world = World()
    ports = [
        {"name": "http", "port": 80, "protocol": "TCP"},
        {"name": "dns-udp", "port": 53, "protocol": "UDP"},
    ]
    world.put(service("my-web", "10.98.1.1", *ports))
    world.put(service("headless", "None", {"port": 1}))
    world.put(service("kubernetes", "10.98.0.1", {"name": "https", "port": 443}))
    environment = dict(start(world).environment)
    assert environment["MY_WEB_SERVICE_HOST"] == "10.98.1.1"
    assert environment["MY_WEB_SERVICE_PORT"] == "80"
    assert environment["MY_WEB_SERVICE_PORT_HTTP"] == "80"
    assert environment["MY_WEB_SERVICE_PORT_DNS_UDP"] == "53"
    assert environment["MY_WEB_PORT"] == "tcp://10.98.1.1:80"
    assert environment["MY_WEB_PORT_53_UDP"] == "udp://10.98.1.1:53"
    assert environment["MY_WEB_PORT_53_UDP_PROTO"] == "udp"
    assert environment["MY_WEB_PORT_53_UDP_PORT"] == "53"
    assert environment["MY_WEB_PORT_53_UDP_ADDR"] == "10.98.1.1"
    assert environment["KUBERNETES_SERVICE_HOST"] == "10.98.0.1"
    assert not any(name.startswith("HEADLESS") for name in environment)


def test_without_service_links_only_the_api_is_told_of_and_only_if_there_is_one() -> None:
    world = World()
    world.put(service("web", "10.98.1.1", {"port": 80}))
    assert start(world, enableServiceLinks=False).environment == ()
    world = World()
    world.put(service("kubernetes", "10.98.0.1", {"port": 443}))
    names = dict(start(world, enableServiceLinks=False).environment)
    assert names["KUBERNETES_SERVICE_HOST"] == "10.98.0.1"


def test_volumes_become_files() -> None:
    world = World()
    world.put(config("ConfigMap", "m", {"a": "1", "b": "2"}, binaryData={"raw": "AAE="}))
    world.put(config("Secret", "s", {"key": "hush"}))
    volumes = [
        {"name": "all", "configMap": {"name": "m", "defaultMode": 0o600}},
        {
            "name": "some",
            "configMap": {"name": "m", "items": [{"key": "a", "path": "x/y", "mode": 0o400}]},
        },
        {"name": "hidden", "secret": {"secretName": "s"}},
        {"name": "maybe", "secret": {"secretName": "no", "optional": True}},
        {"name": "scratch", "emptyDir": {}},
        {
            "name": "mixed",
            "projected": {
                "defaultMode": 0o440,
                "sources": [
                    {"configMap": {"name": "m", "items": [{"key": "b", "path": "b"}]}},
                    {"secret": {"name": "s"}},
                    {
                        "downwardAPI": {
                            "items": [
                                {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}
                            ]
                        }
                    },
                ],
            },
        },
    ]
    labels = {"tier": "front", "app": 'a"b'}
    files = start(world, volumes=volumes, metadata={"labels": labels}).files
    assert files == {
        "all": {"a": (b"1", 0o600), "b": (b"2", 0o600), "raw": (b"\0\1", 0o600)},
        "some": {"x/y": (b"1", 0o400)},
        "hidden": {"key": (b"hush", 0o644)},
        "maybe": {},
        "mixed": {
            "b": (b"2", 0o440),
            "key": (b"hush", 0o440),
            "labels": (b'app="a\\"b"\ntier="front"', 0o440),
        },
    }


def test_a_volume_that_cannot_be_filled_holds_the_pod_back() -> None:
    world = World()
    world.put(pod_object(volumes=[{"name": "v", "configMap": {"name": "m"}}]))
    world.settle()
    world.sleep(30)
    assert world.container()["state"] == {"waiting": {"reason": "ContainerCreating"}}
    message = 'MountVolume.SetUp failed for volume "v" : configmap "m" not found'
    assert world.said("FailedMount") == [message]
    world.put(config("ConfigMap", "m", {}))
    world.settle()
    assert world.status()["phase"] == "Running"


def test_certificates_that_nobody_issues_are_said_to_be_left_out() -> None:
    world = World()
    source = {"podCertificate": {"signerName": "x", "keyType": "ED25519"}}
    start(world, volumes=[{"name": "api", "projected": {"sources": [source]}}])
    assert world.said("FailedMount") == [
        'volume "api": a projected podCertificate is left out, nothing here issues one'
    ]


def _account(name: str) -> Any:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": "default"},
    }


def test_tokens_are_left_to_whoever_executes() -> None:
    world = World()
    account = world.put(_account("robot"))
    sources = [
        {"serviceAccountToken": {"path": "token"}},
        {"serviceAccountToken": {"path": "vault", "audience": "v", "expirationSeconds": 700}},
    ]
    volume = {"name": "api", "projected": {"sources": sources, "defaultMode": 0o440}}
    operation = start(world, volumes=[volume], serviceAccountName="robot")
    one, two = operation.tokens
    assert (one.volume, one.path, one.mode, one.audience) == ("api", "token", 0o440, "")
    assert one.account_uid == account["metadata"]["uid"]
    assert (two.path, two.audience, two.seconds) == ("vault", "v", 700)
    assert operation.files["api"] == {}
    assert not world.said("FailedMount")


def test_a_token_waits_for_its_account() -> None:
    world = World()
    source = {"serviceAccountToken": {"path": "token"}}
    world.put(pod_object(volumes=[{"name": "api", "projected": {"sources": [source]}}]))
    world.settle()
    assert world.said("FailedMount") == [
        'MountVolume.SetUp failed for volume "api" : failed to fetch token: '
        'serviceaccounts "default" not found'
    ]
    world.put(_account("default"))
    world.sleep(30)
    assert world.status()["phase"] == "Running"


def test_names_resolve_in_the_cluster_first() -> None:
    network = start(World()).network
    assert network.hostname == "web"
    assert network.dns_servers == ("10.98.0.10",)
    assert network.dns_searches == (
        "default.svc.cluster.local",
        "svc.cluster.local",
        "cluster.local",
    )
    assert network.dns_options == ("ndots:5",)


def test_dns_config_adds_to_the_policy() -> None:
    config = {
        "nameservers": ["10.98.0.10", "192.0.2.53"],
        "searches": ["example.com"],
        "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}],
    }
    network = start(World(), dnsConfig=config).network
    assert network.dns_servers == ("10.98.0.10", "192.0.2.53")
    assert network.dns_searches[-1] == "example.com"
    assert network.dns_options == ("ndots:2", "edns0")
    alone = start(World(), dnsPolicy="None", dnsConfig={"nameservers": ["192.0.2.53"]}).network
    assert (alone.dns_servers, alone.dns_searches) == (("192.0.2.53",), ())


@pytest.mark.parametrize("spec", [{"dnsPolicy": "Default"}, {"hostNetwork": True}])
def test_the_nodes_own_resolver_is_left_to_the_engine(spec: dict[str, Any]) -> None:
    network = start(World(), **spec).network
    assert (network.dns_servers, network.dns_searches, network.dns_options) == ((), (), ())


def test_a_subdomain_gives_a_full_name_and_aliases_follow() -> None:
    network = start(
        World(),
        hostname="db-0",
        subdomain="db",
        hostAliases=[{"ip": "192.0.2.9", "hostnames": ["old", "older"]}],
    ).network
    assert network.hostname == "db-0"
    assert network.host_aliases == (
        ("10.98.16.10", "db-0.db.default.svc.cluster.local"),
        ("192.0.2.9", "old"),
        ("192.0.2.9", "older"),
    )


def test_a_long_name_is_cut_to_what_a_host_name_may_be() -> None:
    world = World()
    world.put(pod_object("a" * 62 + "-b-c"))
    world.settle()
    [operation] = [op for op in world.operations if isinstance(op, StartContainer)]
    assert operation.network.hostname == "a" * 62


def test_pull_secrets_are_decoded_and_missing_ones_named() -> None:
    world = World()
    document = {"auths": {"registry.example": {"auth": "eA=="}}}
    world.put(config("Secret", "reg", {".dockerconfigjson": json.dumps(document)}))
    operation = start(world, imagePullSecrets=[{"name": "reg"}, {"name": "gone"}])
    assert operation.pull_secrets == (document,)
    assert world.said("FailedToRetrieveImagePullSecret") == [
        "Unable to retrieve some image pull secrets (gone); "
        "attempting to pull the image may not succeed."
    ]
