"""Jobs through `kctl serve` and the real kubectl, on the engine of this machine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.serve.served import Served
from tests.integration.workloads.test_page import image

__all__ = ["image"]

Object = dict[str, Any]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("served"), reconcile=True)
    yield made
    assert made.stop() == 0, made.log()
    assert made.kctl("reset", "--yes").code == 0


def _job(name: str, image: str, script: str, **spec: Any) -> Object:
    container = {"name": "main", "image": image, "command": ["sh", "-c", script]}
    pod = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [container]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"template": {"spec": pod}, **spec},
    }


def _wait(served: Served, condition: str, name: str) -> Object:
    served.do("wait", f"--for=condition={condition}", f"job/{name}", "--timeout=90s")
    return dict(served.get("job", name)["status"])


@pytest.mark.docker
def test_a_job_of_kubectl_runs_to_its_end(served: Served, image: str) -> None:
    served.do("create", "job", "hello", f"--image={image}", "--", "echo", "hi")
    status = _wait(served, "complete", "hello")
    assert status["succeeded"] == 1 and status["uncountedTerminatedPods"] == {}
    assert served.do("logs", "job/hello") == "hi\n"
    (pod,) = served.get("pods", "-l", "job-name=hello")["items"]
    assert "finalizers" not in pod["metadata"]
    assert "1/1" in served.do("get", "job", "hello", "--no-headers")


@pytest.mark.docker
def test_every_index_runs_once_and_knows_itself(served: Served, image: str) -> None:
    script = "echo $JOB_COMPLETION_INDEX on $(hostname)"
    spec = {"completionMode": "Indexed", "completions": 6, "parallelism": 3}
    served.apply(_job("many", image, script, **spec))
    status = _wait(served, "complete", "many")
    assert (status["succeeded"], status["completedIndexes"]) == (6, "0-5")
    names = served.do("get", "pods", "-l", "job-name=many", "-o", "name").split()
    told = sorted(served.do("logs", name) for name in names)
    assert told == [f"{index} on many-{index}\n" for index in range(6)]


@pytest.mark.docker
def test_a_job_that_cannot_succeed_fails_and_says_why(served: Served, image: str) -> None:
    served.apply(_job("never", image, "exit 3", backoffLimit=0))
    status = _wait(served, "failed", "never")
    assert status["failed"] == 1 and "succeeded" not in status
    told = [each["reason"] for each in status["conditions"]]
    assert told == ["BackoffLimitExceeded", "BackoffLimitExceeded"]
    assert "Job has reached the specified backoff limit" in served.do("describe", "job", "never")


@pytest.mark.docker
def test_deleting_a_job_ends_its_containers(served: Served, image: str) -> None:
    served.apply(_job("sleeper", image, "sleep 1000", parallelism=2, completions=2))
    served.do("wait", "--for=jsonpath={.status.ready}=2", "job/sleeper", "--timeout=60s")
    uids = [
        each["metadata"]["uid"] for each in served.get("pods", "-l", "job-name=sleeper")["items"]
    ]
    assert len(uids) == 2
    served.do("delete", "job", "sleeper", "--cascade=foreground", "--timeout=60s")
    assert served.get("pods", "-l", "job-name=sleeper")["items"] == []
    for uid in uids:
        listed = subprocess.run(
            ["docker", "ps", "-q", "--filter", f"label=io.kubernetes.pod.uid={uid}"],
            check=True,
            capture_output=True,
            text=True,
        )
        assert listed.stdout == ""


@pytest.mark.docker
def test_a_quota_holds_kubectl_and_the_controllers_alike(served: Served, image: str) -> None:
    served.do("create", "namespace", "tight")
    served.do("create", "quota", "q", "-n", "tight", "--hard=pods=1")
    served.do("create", "deployment", "d", "-n", "tight", f"--image={image}", "--replicas=2")
    served.do(
        "wait", "-n", "tight", "--for=jsonpath={.status.used.pods}=1", "quota/q", "--timeout=60s"
    )
    ran = served.kubectl("run", "p", "-n", "tight", f"--image={image}")
    assert ran.code == 1
    assert ran.err == (
        'Error from server (Forbidden): pods "p" is forbidden: exceeded quota: q, requested: '
        "pods=1, used: pods=1, limited: pods=1\n"
    )
    assert len(served.get("pods", "-n", "tight")["items"]) == 1
    served.do("delete", "namespace", "tight", "--timeout=60s")
