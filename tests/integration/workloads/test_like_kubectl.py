"""What kctl prints of jobs, cron jobs, quotas and their like is what kubectl prints."""

from __future__ import annotations

import pytest

from tests.integration.verbs.sides import Sides

READS = [
    "get jobs",
    "get jobs -o wide",
    "get cj -o wide",
    "get quota",
    "get limits",
    "get pc",
    "get ing,ingressclass,netpol",
    "get job done -o yaml",
    "get all",
    "get ds -o wide",
    "get controllerrevisions",
    "describe ds agent",
    "rollout status ds/agent --watch=false",
    "rollout history ds/agent",
    "rollout history ds/agent --revision=1",
    "rollout history ds/agent --revision=2",
    "rollout undo ds/agent",
    "rollout undo ds/agent --to-revision=7",
    "rollout pause ds/agent",
    "rollout status job/done",
    "rollout history job/done",
    "rollout undo job/done",
    "describe job bare",
    "describe job done",
    "describe job failed",
    "describe job indexed",
    "describe job long",
    "describe job queue",
    "describe jobs",
    "describe cj bare",
    "describe cj busy",
    "describe quota",
    "describe quota effort",
    "describe limits limits",
    "describe ns default",
    "describe pc high",
    "describe pc",
    "describe ing full",
    "describe ing bare",
    "describe ingressclass mine",
    "describe netpol all",
    "describe netpol web",
    "wait --for=condition=complete job/done --timeout=1s",
    "wait --for=condition=complete job/failed --timeout=1s",
]


@pytest.mark.parametrize("line", READS)
def test_reads(reading: Sides, line: str) -> None:
    ours, theirs = reading.both(line)
    assert ours == theirs


RULES = "--rule=a.io/x=s:80 --rule=a.io/y*=s:http,tls=cert --rule=/z=s:1,tls"
GENERATORS = [
    "priorityclass p --value=5",
    "pc p --value=-7 --global-default --description='two words' --preemption-policy=Never",
    "quota q",
    "quota q --hard=cpu=1,memory=1G,pods=2,requests.storage=1500m",
    "quota q --hard=pods=100 --scopes=BestEffort,NotTerminating -n other",
    f"ingress i {RULES}",
    f"ing i --class=c --annotation=b=2 --annotation=a= {RULES}",
    "ingress i --default-backend=s:http",
    "ingress i --default-backend=s:80 --rule=*.a.io/*=s:80,tls=one --rule=b.io/=s:80,tls=one",
]
OUTPUTS = ["", "-o name", "-o json", "-o yaml"]


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("line", GENERATORS)
def test_generators(reading: Sides, line: str, output: str) -> None:
    ours, theirs = reading.both(f"create {line} --dry-run=client {output}")
    assert ours == theirs


REFUSALS = [
    "pc",
    "pc p --value=x",
    "pc p --preemption-policy=Maybe",
    "pc two --value=1 --global-default",
    "pc system-x --value=1",
    "quota q --hard=cpu",
    "quota q --hard=cpu=x",
    "quota q --hard=cows=1",
    "quota q --hard=pods=-1",
    "quota q --hard=pods=1 --scopes=Big",
    "ingress i",
    "ingress i --rule=nonsense",
    "ingress i --rule=a.io/x=s:80 --annotation=nope",
    "ingress i --default-backend=s",
    "ingress i --rule=-a.io/x=s:80",
    "ingress i --rule=a.io/x//y=s:80",
    "job j --from=cronjob/nope",
    "job j --from=deployment/nope",
    "job j --from=job/done",
    "job j --from=nope",
    "job done --image=x",
    "cronjob c --image=x --schedule=often",
    "cronjob c --image=x --schedule='* * * * 7'",
    "cronjob c --image=x --schedule='TZ=UTC * * * * *'",
    "cronjob c --image=x --schedule='* * * * *' --restart=Always",
    "job j --image=",
]


@pytest.mark.parametrize("line", REFUSALS)
def test_refusals(reading: Sides, line: str) -> None:
    ours, theirs = reading.both(f"create {line}")
    errors = [each for each in ours.err.splitlines(True) if not each.startswith("Warning: kctl ")]
    assert ours._replace(err="".join(errors)) == theirs


def test_a_job_of_a_cron_job_made_by_hand(writing: Sides) -> None:
    line = "create job mine --from=cronjob/bare"
    ours, theirs = writing.both(line)
    assert ours == theirs
    wanted = "get job mine -o jsonpath={.metadata.annotations}{.metadata.labels.from}"
    ours, theirs = writing.both(wanted)
    assert ours == theirs and "instantiate" in ours.out


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("create ingress i --default-backend=s:80", "carries no traffic for ingresses"),
        ("create -f -", "does not enforce network policies"),
    ],
)
def test_what_nothing_serves_is_not_made_in_silence(writing: Sides, line: str, told: str) -> None:
    policy = (
        '{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"p"},'
        '"spec":{"podSelector":{}}}'
    )
    ran = writing.kctl(line, policy)
    assert ran.code == 0 and ran.err.startswith("Warning: kctl ") and told in ran.err
