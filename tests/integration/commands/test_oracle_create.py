"""Every generator of create prints what the real kubectl prints."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.integration.commands.oracle import both

GENERATORS = [
    "deployment x --image=y",
    "deployment x --image=y -- sh -c 'echo \"a\"'",
    "deployment x --image=a --image=b:1 --image=c@sha256:0",
    "deployment x --image=a,b --port=80 -r 3",
    "deployment x --image=reg:5000/p/y:1 --replicas=0 -n foo",
    "deployment x --image=y --port=-5",
    "deployment x --image=",
    "deploy x --image=y --save-config",
    "deployment 12 --image=y",
    "deployment 'a b' --image='<&>'",
    "namespace x",
    "ns 1e3",
    "configmap x",
    "configmap x --from-literal=a=b --from-literal=z=1",
    "cm x --from-literal=a=b=c --from-literal=q='\"quoted\"'",
    "cm x --from-literal=a=$'line\\nbreak\\n'",
    "cm x --from-file=f.txt --from-file=q=bin.dat",
    "cm x --from-file=many --from-file=crlf.txt",
    "cm x --from-env-file=e.env",
    "cm x --from-literal=a=b --append-hash",
    "cm x --append-hash",
    "cm x --from-file=bin.dat --append-hash -n foo",
    "cm x --from-literal=yes=no --from-literal=n=1e3 --from-literal=t=2020-01-01",
    "secret generic s",
    "secret generic s --from-literal=a=b --from-file=bin.dat",
    "secret generic s --type=foo --from-file=f.txt --append-hash",
    "secret generic s --from-env-file=e.env",
    "secret generic s --append-hash",
    "secret tls s --cert=c.pem --key=c.key",
    "secret tls s --cert=c.pem --key=c.key --append-hash",
    "secret docker-registry s --docker-username=u --docker-password=p --docker-email=e",
    "secret docker-registry s --docker-username=u --docker-password='<p>' --docker-server=foo",
    "secret docker-registry s --from-file=.dockerconfigjson=f.txt",
    "service clusterip s --tcp=80:8080 --tcp=443",
    "svc clusterip s --clusterip=None",
    "svc clusterip s --clusterip=10.0.0.9 --tcp=80,81:x",
    "svc nodeport s --tcp=80:http --node-port=30000",
    "svc nodeport s --tcp=80",
    "svc loadbalancer s --tcp=80:8080",
    "svc externalname s --external-name=foo.com",
    "svc externalname s --external-name=foo.com --tcp=80 -n q",
    "serviceaccount s",
    "sa s -n other",
    "job j --image=i",
    "job j --image=i -- a b",
    "cronjob j --image=i --schedule='* * * * *' --restart=Never -- x",
    "cj j --image=i --schedule='*/5 * * * *'",
]

OUTPUTS = ["", "-o name", "-o json", "-o yaml", "-o kyaml"]


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("line", GENERATORS)
def test_generators_print_as_kubectl(folder: Path, line: str, output: str) -> None:
    words = ["create", *shlex.split(line.replace("$'line\\nbreak\\n'", "'line\nbreak\n'"))]
    at = words.index("--") if "--" in words else len(words)
    words[at:at] = ["--dry-run=client", *output.split()]
    ours, theirs = both(words, folder, FROM_ENV="set")
    assert ours == theirs


REFUSALS = [
    "deployment",
    "deployment x",
    "deployment x y --image=z --dry-run=client",
    "deployment x --image",
    "deployment x --image=y --replicas=abc --dry-run=client",
    "deployment x --image=y --replicas=99999999999 --dry-run=client",
    "deployment x --image=y --replicas= --dry-run=client",
    "deployment x --image=y --dry-run=foo",
    "deployment x --image=y --dry-run=client --nope",
    "deployment x --image=y --dry-run=client -x",
    "deployment x --image=y --dry-run=client -o foo",
    "deployment x --image=a --image=b --dry-run=client -- sh",
    "namespace",
    "namespace a b",
    "configmap",
    "cm x --from-file=nope --dry-run=client",
    "cm x --from-literal=a --dry-run=client",
    "cm x --from-literal==a --dry-run=client",
    "cm x --from-literal=a=1 --from-literal=a=2 --dry-run=client",
    "cm x --from-env-file=e.env --from-literal=a=b --dry-run=client",
    "cm x --from-env-file=bad.env --dry-run=client",
    "cm x --from-env-file=nope.env --dry-run=client",
    "cm x --from-file=a=b=c --dry-run=client",
    "cm x --from-file==f.txt --dry-run=client",
    "cm x --from-file=a= --dry-run=client",
    "cm x --from-file=k=many --dry-run=client",
    "cm x --from-literal='a b=c' --dry-run=client",
    "cm x --from-literal=..=c --dry-run=client",
    "cm x --from-literal=.=c --dry-run=client",
    "cm x --from-literal=..a=c --dry-run=client",
    "secret foo",
    "secret generic",
    "secret generic s --from-literal=a=1 --from-literal=a=2 --dry-run=client",
    "secret tls s --dry-run=client",
    "secret tls s --cert=c.pem --key=nope --dry-run=client",
    "secret tls s --cert=f.txt --key=c.key --dry-run=client",
    "secret tls s --cert=c.pem --key=f.txt --dry-run=client",
    "secret tls s --cert=c.pem --key=other.key --dry-run=client",
    "secret docker-registry s --docker-username=u --dry-run=client",
    "svc clusterip s --dry-run=client",
    "svc clusterip --tcp=80",
    "svc clusterip s --tcp=a --dry-run=client",
    "svc clusterip s --tcp=99999 --dry-run=client",
    "svc clusterip s --tcp=80:99999 --dry-run=client",
    "svc clusterip s --tcp=80:A_B --dry-run=client",
    "svc nodeport s --dry-run=client",
    "svc nodeport s --tcp=80 --node-port=x --dry-run=client",
    "svc externalname s --dry-run=client",
    "svc foo",
    "job j --dry-run=client",
    "job j --image=i --from=cronjob/x --dry-run=client",
    "cronjob j --image=i --dry-run=client",
    "foo",
    "foo bar",
    "--foo",
    "-f nope.yaml",
    "-f",
    "-f empty",
]


@pytest.mark.parametrize("line", REFUSALS)
def test_refusals_read_as_kubectl(folder: Path, line: str) -> None:
    ours, theirs = both(["create", *shlex.split(line)], folder)
    assert ours == theirs
