"""The official Python client: typed objects, watches that go on, streams, leader election."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from kubernetes import client, config, dynamic, utils, watch
from kubernetes.client.exceptions import ApiException

from tests.integration.reconcile.cluster import until
from tests.integration.serve.served import Served

LEASE = "/apis/coordination.k8s.io/v1/namespaces/default/leases/leader"


@pytest.fixture(scope="module")
def api(served: Served) -> Iterator[client.ApiClient]:
    loader = config.new_client_from_config(config_file=str(served.kubeconfig))
    yield loader
    loader.close()


def labelled(name: str, **labels: str) -> client.V1ConfigMap:
    meta = client.V1ObjectMeta(name=name, labels=labels or None)
    return client.V1ConfigMap(metadata=meta, data={"a": "1"})


def test_typed_objects_live_and_die(api: client.ApiClient) -> None:
    core = client.CoreV1Api(api)
    made = core.create_namespaced_config_map("default", labelled("typed", app="x"))
    assert made.metadata.uid and made.metadata.creation_timestamp is not None
    made.data["b"] = "2"
    assert core.replace_namespaced_config_map("typed", "default", made).data["b"] == "2"
    with pytest.raises(ApiException) as stale:
        core.replace_namespaced_config_map("typed", "default", made)
    assert stale.value.status == 409
    patched = core.patch_namespaced_config_map("typed", "default", {"data": {"a": None}})
    assert patched.data == {"b": "2"}
    assert [each.metadata.name for each in core.list_namespaced_config_map(
        "default", label_selector="app=x"
    ).items] == ["typed"]  # fmt: skip
    assert core.delete_namespaced_config_map("typed", "default")["status"] == "Success"
    with pytest.raises(ApiException) as gone:
        core.read_namespaced_config_map("typed", "default")
    assert (gone.value.status, gone.value.reason) == (404, "Not Found")


def test_deployments_scale_and_status(api: client.ApiClient) -> None:
    apps = client.AppsV1Api(api)
    labels = {"app": "typed"}
    pod = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels=labels),
        spec=client.V1PodSpec(containers=[client.V1Container(name="c", image="none")]),
    )
    spec = client.V1DeploymentSpec(
        replicas=0, selector=client.V1LabelSelector(match_labels=labels), template=pod
    )
    meta = client.V1ObjectMeta(name="typed")
    apps.create_namespaced_deployment("default", client.V1Deployment(metadata=meta, spec=spec))
    scale = apps.read_namespaced_deployment_scale("typed", "default")
    scale.spec.replicas = 2
    assert apps.replace_namespaced_deployment_scale("typed", "default", scale).spec.replicas == 2
    found = apps.read_namespaced_deployment("typed", "default")
    assert (found.spec.replicas, found.metadata.generation) == (2, 2)
    found.status.observed_generation = 2
    status = apps.replace_namespaced_deployment_status("typed", "default", found).status
    assert status.observed_generation == 2
    apps.delete_namespaced_deployment("typed", "default")


def test_lists_come_in_pages(api: client.ApiClient) -> None:
    core = client.CoreV1Api(api)
    for number in range(5):
        core.create_namespaced_config_map("kube-public", labelled(f"page{number}"))
    names: list[str] = []
    token = None
    while token != "":
        listed = core.list_namespaced_config_map("kube-public", limit=2, _continue=token or "")
        names += [each.metadata.name for each in listed.items]
        token = listed.metadata._continue or ""
    assert names == sorted(names) and len([each for each in names if "page" in each]) == 5
    core.delete_collection_namespaced_config_map("kube-public")


def test_a_watch_goes_on_across_connections(api: client.ApiClient) -> None:
    core = client.CoreV1Api(api)
    seen: list[tuple[str, str]] = []
    watcher = watch.Watch()
    since = core.list_namespaced_config_map("kube-node-lease").metadata.resource_version

    def follow() -> None:
        version = since
        while len(seen) < 4:
            for event in watcher.stream(
                core.list_namespaced_config_map,
                "kube-node-lease",
                resource_version=version,
                timeout_seconds=1,
            ):
                seen.append((event["type"], event["object"].metadata.name))
                version = event["object"].metadata.resource_version

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    for name in ("one", "two"):
        core.create_namespaced_config_map("kube-node-lease", labelled(name))
        time.sleep(1.2)  # the watch's own time runs out in between
        core.delete_namespaced_config_map(name, "kube-node-lease")
    thread.join(20)
    assert seen == [("ADDED", "one"), ("DELETED", "one"), ("ADDED", "two"), ("DELETED", "two")]


def test_an_old_watch_is_told_to_start_again(served: Served, api: client.ApiClient) -> None:
    core = client.CoreV1Api(api)
    served.kctl("settings", "retain-revisions", "1")
    try:
        for number in range(300):
            core.patch_namespace("kube-public", {"metadata": {"annotations": {"n": str(number)}}})
        with pytest.raises(ApiException) as gone:
            for _ in watch.Watch().stream(
                core.list_namespace, resource_version="1", timeout_seconds=2
            ):
                pass
        assert gone.value.status == 410
    finally:
        served.kctl("settings", "retain-revisions", "10000")


def test_the_dynamic_client_and_manifests(api: client.ApiClient) -> None:
    objects = dynamic.DynamicClient(api)
    leases = objects.resources.get(api_version="coordination.k8s.io/v1", kind="Lease")
    body = {"metadata": {"name": "mine", "namespace": "default"}, "spec": {"holderIdentity": "me"}}
    assert leases.create(body=body, namespace="default").spec.holderIdentity == "me"
    applied = leases.server_side_apply(
        body={"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
              "metadata": {"name": "mine"}, "spec": {"leaseDurationSeconds": 9}},
        namespace="default", name="mine", field_manager="test",
    )  # fmt: skip
    assert applied.spec.leaseDurationSeconds == 9 and applied.spec.holderIdentity == "me"
    leases.delete(name="mine", namespace="default")
    utils.create_from_dict(api, {"apiVersion": "v1", "kind": "Secret", "stringData": {"k": "v"},
                                 "metadata": {"name": "made", "namespace": "default"}})  # fmt: skip
    assert client.CoreV1Api(api).read_namespaced_secret("made", "default").data == {"k": "dg=="}


def test_access_is_reviewed(api: client.ApiClient) -> None:
    reviews = client.AuthorizationV1Api(api)
    asked = client.V1ResourceAttributes(verb="delete", resource="pods", namespace="default")
    spec = client.V1SelfSubjectAccessReviewSpec(resource_attributes=asked)
    review = client.V1SelfSubjectAccessReview(spec=spec)
    assert reviews.create_self_subject_access_review(review).status.allowed
    token = client.CoreV1Api(api)
    token.create_namespaced_service_account(
        "default", client.V1ServiceAccount(metadata=client.V1ObjectMeta(name="robot"))
    )
    request = client.AuthenticationV1TokenRequest(
        spec=client.V1TokenRequestSpec(audiences=[], expiration_seconds=600)
    )
    answer = token.create_namespaced_service_account_token("robot", "default", request)
    review = client.V1TokenReview(spec=client.V1TokenReviewSpec(token=answer.status.token))
    status = client.AuthenticationV1Api(api).create_token_review(review).status
    assert status.authenticated
    assert status.user.username == "system:serviceaccount:default:robot"


CANDIDATE = """
import sys, time
from kubernetes import config
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock

name, path = sys.argv[1:]
config.load_kube_config(config_file=path)

def lead():
    print(name, flush=True)
    time.sleep(60)

lock = LeaseLock("leader", "default", name)
times = {"lease_duration": 4, "renew_deadline": 3, "retry_period": 1.1}
ends = {"onstarted_leading": lead, "onstopped_leading": None}
leaderelection.LeaderElection(electionconfig.Config(lock, **times, **ends)).run()
"""


def test_one_leads_and_the_next_follows_when_it_is_gone(served: Served) -> None:
    def candidate(name: str) -> subprocess.Popen[str]:
        argv = [sys.executable, "-c", CANDIDATE, name, str(served.kubeconfig)]
        null = subprocess.DEVNULL
        return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=null, text=True)

    def holder() -> str:
        lease = served.request("GET", LEASE)
        return str(lease.json["spec"]["holderIdentity"]) if lease.code == 200 else ""

    processes = [candidate("one")]
    try:
        until(lambda: holder() == "one", 20, "the first leader")
        processes.append(candidate("two"))
        for process, name in zip(processes, ("one", "two"), strict=True):
            assert process.stdout is not None and process.stdout.readline() == f"{name}\n"
            assert holder() == name
            process.kill()
    finally:
        for process in processes:
            process.kill()
            process.communicate()
