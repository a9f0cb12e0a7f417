"""Programs in pods speak to the API as their service accounts: the real kubectl, which knows
nothing but what a pod is given."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.integration.hosts.bed import Kctl
from tests.integration.hosts.fixtures import bed, images, kctl
from tests.integration.reconcile.cluster import ENGINE, until
from tests.integration.serve.pods import pod
from tests.integration.serve.served import KUBECTL, Ran

__all__ = ["bed", "images", "kctl"]

pytestmark = pytest.mark.docker
HOST_COUNT = 2
GIVEN = "/var/run/secrets/kubernetes.io/serviceaccount"


@pytest.fixture(scope="module")
def image(kctl: Kctl, images: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo image with kubectl, on every host."""
    name, folder = f"{images}:kubectl", tmp_path_factory.mktemp("image")
    shutil.copy(KUBECTL, folder / "kubectl")
    (folder / "Dockerfile").write_text(f"FROM {images}:v1\nCOPY kubectl /bin/kubectl\n")
    subprocess.run(["docker", "-H", ENGINE, "build", "-q", "-t", name, str(folder)], check=True)
    kctl.bed.load(name)
    yield name
    subprocess.run(["docker", "-H", ENGINE, "rmi", "-f", name], check=True)


@pytest.fixture(scope="module")
def server(kctl: Kctl) -> Iterator[None]:
    """On every address of this machine, of which the hosts know one."""
    address = kctl.bed.address("h1").rpartition(".")[0] + ".254"
    words = ("--listen=0.0.0.0:0", f"--advertise-address={address}")
    process = kctl.start("serve", *words)
    assert process.stdout is not None
    assert any(line.startswith("serving ") for line in process.stdout)
    yield
    process.terminate()
    assert process.wait(30) == 0


@pytest.fixture(scope="module")
def robots(kctl: Kctl, server: None, image: str) -> Kctl:
    """A pod on each host, as the account that every namespace has."""
    command = ["sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait"]
    for host in kctl.bed.hosts:
        made = pod(f"robot-{host}", {"name": "c", "image": image, "command": command})
        made["spec"]["nodeName"] = host
        kctl.apply(made)
    ready = kctl.kctl("wait", "pods", "--all", "--for=condition=Ready", "--timeout=60s")
    assert ready.code == 0, kctl.do("describe", "pods")
    return kctl


def inside(kctl: Kctl, host: str, *words: str) -> Ran:
    ran = kctl.kctl("exec", f"robot-{host}", "--", "kubectl", *words)
    return Ran(ran.code, ran.out, ran.err)


def token_of(kctl: Kctl, host: str) -> str:
    return kctl.do("exec", f"robot-{host}", "--", "cat", f"{GIVEN}/token")


@pytest.mark.parametrize("host", ["h1", "h2"])
def test_a_pod_speaks_as_its_account(robots: Kctl, host: str) -> None:
    said = inside(robots, host, "auth", "whoami", "-o", "json")
    assert said.code == 0, said
    user = json.loads(said.out)["status"]["userInfo"]
    assert user["username"] == "system:serviceaccount:default:default"
    assert user["extra"]["authentication.kubernetes.io/pod-name"] == [f"robot-{host}"]
    assert user["extra"]["authentication.kubernetes.io/node-name"] == [host]


def test_it_may_what_its_account_may(robots: Kctl) -> None:
    refused = inside(robots, "h1", "get", "pods")
    assert refused.code == 1
    assert refused.err.startswith(
        'Error from server (Forbidden): pods is forbidden: User "system:serviceaccount:default:'
        'default" cannot list resource "pods" in API group "" in the namespace "default"'
    )
    account = "--serviceaccount=default:default"
    robots.do("create", "rolebinding", "readers", "--clusterrole=view", account)
    for host in robots.bed.hosts:
        said = inside(robots, host, "get", "pods", "-o", "name")
        assert said == (0, "pod/robot-h1\npod/robot-h2\n", "")
    assert inside(robots, "h2", "delete", "pod", "robot-h1").code == 1


def test_it_watches(robots: Kctl) -> None:
    words = ["exec", "robot-h2", "--", "kubectl", "get", "configmaps", "--watch", "-o", "name"]
    watch = robots.start(*words)
    assert watch.stdout is not None
    lines = robots.drain(watch.stdout)
    until(lambda: "configmap/kube-root-ca.crt\n" in lines, 20, "the list")
    robots.do("create", "configmap", "news")
    until(lambda: "configmap/news\n" in lines, 20, "the change")
    robots.do("delete", "configmap", "news")
    watch.kill()


def test_names_and_addresses_of_the_api(robots: Kctl) -> None:
    """By its name and its address, as programs do that do not go by the environment."""
    address = robots.get("service", "kubernetes")["spec"]["clusterIP"]
    token = token_of(robots, "h1")
    for host in ("kubernetes.default.svc", "kubernetes.default.svc.cluster.local", address):
        there = ("--server", f"https://{host}", "--certificate-authority", f"{GIVEN}/ca.crt")
        said = inside(robots, "h1", *there, "--token", token, "get", "--raw", "/version")
        assert said.code == 0 and json.loads(said.out)["major"] == "1", said


def test_every_namespace_has_the_certificate(robots: Kctl) -> None:
    robots.do("create", "namespace", "shop")
    read = ("get", "configmap", "kube-root-ca.crt", "-o", "jsonpath={.data.ca\\.crt}")
    own = (robots.home / "pki" / "ca.crt").read_text()
    until(lambda: robots.kctl(*read, "-n", "shop").out == own, 10, "the certificate")
    robots.do("delete", "namespace", "shop")


def test_who_wants_none_gets_none(robots: Kctl, image: str) -> None:
    made = pod("without", {"name": "c", "image": image, "command": ["sleep", "1000"]})
    made["spec"] |= {"automountServiceAccountToken": False, "nodeName": "h1"}
    robots.apply(made)
    robots.do("wait", "pod/without", "--for=condition=Ready", "--timeout=30s")
    said = robots.kctl("exec", "without", "--", "ls", GIVEN)
    assert said.code == 1
    robots.do("delete", "pod", "without", "--now")


def test_a_token_ends_with_its_pod(robots: Kctl) -> None:
    token = token_of(robots, "h2")
    as_it = ("--token", token, "auth", "whoami")
    assert inside(robots, "h1", *as_it).code == 0
    robots.do("delete", "pod", "robot-h2", "--now")
    gone = inside(robots, "h1", *as_it)
    assert gone.code == 1 and "Unauthorized" in gone.err, gone


def test_the_service_is_like_that_of_kubernetes(robots: Kctl) -> None:
    rows = robots.do("get", "services,endpoints,endpointslices").splitlines()
    assert [row.split()[0] for row in rows if "kubernetes" in row] == [
        "service/kubernetes",
        "endpoints/kubernetes",
        "endpointslice.discovery.k8s.io/kubernetes",
    ]
