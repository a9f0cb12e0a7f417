"""What kubectl sends as protobuf is what it would have sent, and prints, as JSON."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kctl.api.protobuf import CONTENT_TYPE, decode, encode
from tests.oracle.recorder import Recorded, recording

PINNED = Path(__file__).parents[3] / ".venv" / "bin" / "kubectl"
BESIDE = Path(os.path.realpath(shutil.which("kubectl") or PINNED)).parent
SENDING = [PINNED, *(BESIDE / f"kubectl.1.{minor}" for minor in (32, 33))]
JSON_ONLY = BESIDE / "kubectl.1.27"
GENERATORS = """
deployment web --image=nginx --replicas=0 --port=80
deployment web --image=nginx --image=redis
configmap c --from-literal=a=b --from-literal=c=ü
secret generic s --from-literal=a=b
secret generic s
secret docker-registry r --docker-username=u --docker-password=p --docker-server=x
service clusterip s --tcp=80:8080 --tcp=53
service clusterip s --clusterip=None
service nodeport s --tcp=80:http --node-port=30080
service loadbalancer s --tcp=80
service externalname s --external-name=a.b
role r --verb=get --verb=list --resource=pods --resource-name=x
rolebinding rb --role=r --user=u --serviceaccount=a:b
clusterrole cr --verb=get --resource=deployments.apps
clusterrole cr --verb=get --non-resource-url=/x
clusterrole cr --aggregation-rule=a=b
clusterrolebinding crb --clusterrole=cr --group=g
job j --image=busybox -- sh -c true
cronjob c --image=busybox --schedule=@daily --restart=OnFailure
ingress i --rule=a.b/path*=svc:80,tls=t --class=x --annotation=a=b
ingress i --default-backend=svc:http
poddisruptionbudget p --selector=a=b --min-available=50%
poddisruptionbudget p --selector=a=b --max-unavailable=0
quota q --hard=cpu=1,memory=2Gi --scopes=BestEffort
priorityclass pc --value=-5 --description=x
priorityclass pc --value=0 --preemption-policy=Never --global-default=true
serviceaccount sa
namespace n
""".strip().splitlines()
TOKEN = ("create", "token", "sa", "--duration=10m", "--audience=a")


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, list[Recorded]]]:
    with recording() as started:
        yield started


def run(program: Path, url: str, home: Path, *args: str) -> str:
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [program, "--server", url, *args],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=environment,
    )
    return done.stdout


def without_nulls(value: Any) -> Any:
    """Nulls say nothing: a time that was never set, in the JSON of older clients."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def sent(program: Path, server: tuple[str, list[Recorded]], home: Path, *args: str) -> Recorded:
    url, recorded = server
    before = len(recorded)
    run(program, url, home, *args)
    (found,) = recorded[before:]
    return found


def _there(program: Path) -> Any:
    reason = f"no {program.name} on this machine"
    mark = pytest.mark.skipif(not program.exists(), reason=reason)
    return pytest.param(program, marks=mark, id=program.name)


@pytest.mark.parametrize("program", [_there(each) for each in SENDING])
@pytest.mark.parametrize("line", GENERATORS)
def test_a_generator_sends_what_it_prints(
    line: str, program: Path, server: tuple[str, list[Recorded]], tmp_path: Path
) -> None:
    words = ["create", *line.split()]
    at = words.index("--") if "--" in words else len(words)
    printed = run(
        program, server[0], tmp_path, *words[:at], "--dry-run=client", "-o=json", *words[at:]
    )
    request = sent(program, server, tmp_path, *words)
    assert request.content_type == CONTENT_TYPE
    decoded = decode(request.body)
    assert decoded == without_nulls(json.loads(printed))
    assert encode(decoded) == request.body


@pytest.mark.skipif(not JSON_ONLY.exists(), reason="no kubectl 1.27 on this machine")
@pytest.mark.parametrize("line", GENERATORS)
def test_protobuf_says_what_the_json_of_an_older_kubectl_said(
    line: str, server: tuple[str, list[Recorded]], tmp_path: Path
) -> None:
    words = ["create", *line.split()]
    older = sent(JSON_ONLY, server, tmp_path / "1", *words)
    newer = sent(PINNED, server, tmp_path / "2", *words)
    assert older.content_type == "application/json"
    assert decode(newer.body) == without_nulls(json.loads(older.body))


def test_a_token_request_comes_through(server: tuple[str, list[Recorded]], tmp_path: Path) -> None:
    request = server[1]
    before = len(request)
    subprocess.run(
        [PINNED, "--server", server[0], *TOKEN],
        capture_output=True,
        timeout=60,
        check=False,  # the answer holds no token, which kubectl complains of
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    (found,) = request[before:]
    decoded = decode(found.body)
    assert (decoded["apiVersion"], decoded["kind"]) == ("authentication.k8s.io/v1", "TokenRequest")
    assert decoded["spec"] == {"audiences": ["a"], "expirationSeconds": 600}
    assert encode(decoded) == found.body


REVIEWS = (
    ("auth can-i get pods --subresource=log -n x", "SelfSubjectAccessReview"),
    ("auth can-i get /healthz", "SelfSubjectAccessReview"),
    ("auth can-i --list", "SelfSubjectRulesReview"),
    ("auth whoami", "SelfSubjectReview"),
)


@pytest.mark.parametrize(("line", "kind"), REVIEWS)
def test_a_review_comes_through(
    line: str, kind: str, server: tuple[str, list[Recorded]], tmp_path: Path
) -> None:
    url, recorded = server
    before = len(recorded)
    subprocess.run(
        [PINNED, "--server", url, *line.split()],
        capture_output=True,
        timeout=60,
        check=False,  # the answer is the question: nothing is allowed
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    (found,) = recorded[before:]
    assert found.content_type == CONTENT_TYPE
    assert decode(found.body)["kind"] == kind
    assert encode(decode(found.body)) == found.body
