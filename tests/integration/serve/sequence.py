"""What every kubectl must do against the server, command by command of `kubectl --help`."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Callable

from tests.integration.reconcile.cluster import until
from tests.integration.serve.clients import Client, Step, end, first_line, port_of

STEPS: dict[str, Step] = {}
"""By the command as the table shows it, in the order in which they run."""


TAINTS = threading.Lock()
"""kubectl replaces the whole list of a node's taints: one client at a time."""
SINCE: dict[str, int] = {}
"""The first minor version of kubectl that has a command, where it is a newer one."""


def step(name: str, *, since: int = 0) -> Callable[[Step], Step]:
    """Register a step."""

    def register(run: Step) -> Step:
        STEPS[name] = run
        SINCE[name] = since
        return run

    return register


def said(client: Client, *words: str, has: str, stdin: str | None = None) -> str:
    out = client.do(*words, stdin=stdin)
    assert has in out, (words, out)
    return out


def deployment(client: Client, name: str, **spec: object) -> str:
    labels = {"app": f"{name}-{client.namespace}"}
    container = {"name": "c", "image": client.image}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    whole = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template, **spec}
    meta = {"name": name}
    obj = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": whole}
    return json.dumps(obj)


@step("version")
def version(client: Client) -> None:
    assert "v1.37.1+kctl" in client.do("version")


@step("cluster-info")
def cluster_info(client: Client) -> None:
    said(client, "cluster-info", has="is running at")


@step("api-resources")
def api_resources(client: Client) -> None:
    out = client.do("api-resources", "--no-headers")
    assert "deployments" in out and "customresourcedefinitions" in out
    short = client.do("api-resources", "--namespaced=true", "--verbs=list", "-o", "name")
    assert "pods" in short.split() and "nodes" not in short.split()


@step("api-versions")
def api_versions(client: Client) -> None:
    said(client, "api-versions", has="rbac.authorization.k8s.io/v1\n")


@step("explain")
def explain(client: Client) -> None:
    said(client, "explain", "pods.spec.containers.livenessProbe", has="httpGet")
    said(client, "explain", "deployment", "--recursive", has="terminationGracePeriodSeconds")


@step("create namespace")
def create_namespace(client: Client) -> None:
    said(client, "create", "namespace", client.namespace, has="created")


@step("create configmap")
def create_configmap(client: Client) -> None:
    client.do("create", "configmap", "settings", "--from-literal=a=1", "--from-literal=b=2")
    assert client.get("configmap", "settings")["data"] == {"a": "1", "b": "2"}


@step("create secret")
def create_secret(client: Client) -> None:
    client.do("create", "secret", "generic", "word", "--from-literal=p=secret")
    client.do(
        "create", "secret", "docker-registry", "pull",
        "--docker-username=u", "--docker-password=p",
    )  # fmt: skip
    assert client.get("secret", "word")["data"] == {"p": "c2VjcmV0"}


@step("create serviceaccount")
def create_serviceaccount(client: Client) -> None:
    said(client, "create", "serviceaccount", "robot", has="serviceaccount/robot created")


@step("create token")
def create_token(client: Client) -> None:
    token = client.do("create", "token", "robot", "--duration=20m").strip()
    assert token.count(".") == 2


@step("create role, clusterrole")
def create_role(client: Client) -> None:
    client.do("create", "role", "reader", "--verb=get,list", "--resource=pods,configmaps")
    client.do("create", "clusterrole", client.namespace, "--verb=get", "--resource=nodes")
    rules = client.get("role", "reader")["rules"]
    assert rules == [
        {"apiGroups": [""], "resources": ["pods", "configmaps"], "verbs": ["get", "list"]}
    ]


@step("create rolebinding, clusterrolebinding")
def create_rolebinding(client: Client) -> None:
    account = f"--serviceaccount={client.namespace}:robot"
    client.do("create", "rolebinding", "reader", "--role=reader", account)
    client.do(
        "create", "clusterrolebinding", client.namespace,
        f"--clusterrole={client.namespace}", account,
    )  # fmt: skip


@step("auth can-i")
def can_i(client: Client) -> None:
    robot = f"--as=system:serviceaccount:{client.namespace}:robot"
    time.sleep(0.1)
    assert client.do("auth", "can-i", "list", "pods", robot) == "yes\n"
    refused = client.run("auth", "can-i", "delete", "pods", robot)
    assert (refused.code, refused.out) == (1, "no\n")
    said(client, "auth", "can-i", "--list", has="selfsubjectaccessreviews")


@step("auth whoami", since=28)
def whoami(client: Client) -> None:
    said(client, "auth", "whoami", has="kubernetes-admin")


@step("auth reconcile")
def reconcile(client: Client) -> None:
    role = client.get("role", "reader")
    role["rules"].append({"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]})
    said(client, "auth", "reconcile", "-f", "-", has="reconciled", stdin=json.dumps(role))


@step("create deployment")
def create_deployment(client: Client) -> None:
    client.do("create", "deployment", "web", f"--image={client.image}", "--replicas=2")


@step("rollout status")
def rollout_status(client: Client) -> None:
    said(client, "rollout", "status", "deployment/web", has="successfully rolled out")


@step("wait")
def wait(client: Client) -> None:
    client.do("wait", "--for=condition=Available", "deployment/web", "--timeout=30s")
    client.do("wait", "--for=condition=Ready", "pods", "-l", "app=web", "--timeout=30s")
    client.do("wait", "--for=jsonpath={.spec.replicas}=2", "deployment/web", "--timeout=5s")
    late = client.run("wait", "--for=delete", "deployment/web", "--timeout=1s")
    assert late.code == 1 and "timed out" in late.err


@step("get")
def get(client: Client) -> None:
    said(client, "get", "deployments", has="2/2")
    said(client, "get", "all", "-o", "wide", has="replicaset.apps/web-")
    for output in ("json", "yaml", "name", "jsonpath={.items[*].metadata.name}", "wide",
                   "custom-columns=N:.metadata.name", "go-template={{len .items}}"):  # fmt: skip
        assert client.do("get", "pods", "-o", output).strip(), output
    assert client.do("get", "pods", "-l", "app=none", "-o", "name") == ""
    said(client, "get", "pods", "--field-selector=status.phase=Running", has="web-")
    said(client, "get", "pods", "-A", "--sort-by=.metadata.name", "--show-labels", has="app=web")
    missing = client.run("get", "pod", "missing")
    assert missing.err == 'Error from server (NotFound): pods "missing" not found\n'
    said(client, "get", "--raw", "/readyz", has="ok")


@step("get --watch")
def get_watch(client: Client) -> None:
    process = client.start("get", "configmap", "settings", "--watch", "-o", "name")
    assert first_line(process) == "configmap/settings\n"
    client.do("label", "configmap", "settings", f"seen={client.namespace}")
    assert first_line(process) == "configmap/settings\n"
    end(process)


@step("describe")
def describe(client: Client) -> None:
    said(client, "describe", "deployment", "web", has="ScalingReplicaSet")
    (pod, *_) = client.do("get", "pods", "-l", "app=web", "-o", "name").split()
    said(client, "describe", pod, has="Container started")
    said(client, "describe", "namespace", client.namespace, has="Status:       Active")
    said(client, "describe", "nodes", has="Allocated resources")


@step("events", since=26)
def events(client: Client) -> None:
    said(client, "events", "--for=deployment/web", has="ScalingReplicaSet")
    said(client, "get", "events", "--sort-by=.lastTimestamp", has="Started")


@step("logs")
def logs(client: Client) -> None:
    client.do("run", "talk", f"--image={client.image}", "--restart=Never", "--command", "--",
              "sh", "-c", "for i in 1 2 3; do echo line $i; done; sleep 600 & wait")  # fmt: skip
    client.do("wait", "--for=condition=Ready", "pod/talk", "--timeout=30s")
    until(lambda: client.do("logs", "talk") == "line 1\nline 2\nline 3\n", 10, "the lines")
    assert client.do("logs", "talk", "--tail=1") == "line 3\n"
    assert "T" in client.do("logs", "talk", "--timestamps", "--tail=1").split()[0]
    assert client.do("logs", "talk", "--limit-bytes=6") == "line 1"
    process = client.start("logs", "talk", "--follow", "--since=1h")
    assert [first_line(process) for _ in range(3)] == ["line 1\n", "line 2\n", "line 3\n"]
    end(process)
    wrong = client.run("logs", "talk", "-c", "nosuch")
    assert "container nosuch is not valid for pod talk" in wrong.err


@step("exec")
def exec_(client: Client) -> None:
    assert client.do("exec", "talk", "--", "echo", "hello") == "hello\n"
    assert client.do("exec", "-i", "talk", "--", "cat", stdin="a\nb\n") == "a\nb\n"
    failed = client.run("exec", "talk", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert failed.code == 7 and failed.out == "out\n" and failed.err.startswith("err\n")


@step("exec -it")
def exec_terminal(client: Client) -> None:
    typed = "sleep 0.3; stty size; exit 3\n"
    code, shown = client.terminal("exec", "-it", "talk", "--", "sh", type_=typed)
    assert code == 3 and "33 111" in shown, (code, shown)


@step("attach")
def attach(client: Client) -> None:
    command = ["sh", "-c", "while read l; do echo got $l; done"]
    container = {"name": "c", "image": client.image, "stdin": True, "command": command}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "echo"}}
    client.do("create", "-f", "-", stdin=json.dumps({**pod, "spec": {"containers": [container]}}))
    client.do("wait", "--for=condition=Ready", "pod/echo", "--timeout=30s")
    process = client.start("attach", "-i", "echo")
    assert process.stdin is not None and process.stdout is not None
    time.sleep(0.5)
    process.stdin.write("this\n")
    process.stdin.flush()
    lines = iter(process.stdout.readline, "")
    assert any("got this" in each for each in lines)
    end(process)


@step("cp")
def cp(client: Client) -> None:
    (client.folder / "up.txt").write_text("carried")
    client.do("cp", "up.txt", "talk:/tmp/up.txt")
    assert client.do("exec", "talk", "--", "cat", "/tmp/up.txt") == "carried"
    client.do("cp", "talk:/tmp/up.txt", "down.txt")
    assert (client.folder / "down.txt").read_text() == "carried"


@step("expose")
def expose(client: Client) -> None:
    client.do("expose", "deployment", "web", "--port=80")
    assert client.get("service", "web")["spec"]["ports"][0]["port"] == 80


@step("create service")
def create_service(client: Client) -> None:
    client.do("create", "service", "clusterip", "plain", "--tcp=80:80")
    client.do("create", "service", "nodeport", "node", "--tcp=80:80")
    client.do("create", "service", "externalname", "away", "--external-name=example.com")


@step("port-forward")
def port_forward(client: Client) -> None:
    for target in ("deployment/web", "service/web"):
        process = client.start("port-forward", target, ":80")
        port = port_of(first_line(process))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            assert b"from web-" in answer.read()
        end(process)


@step("proxy")
def proxy(client: Client) -> None:
    process = client.start("proxy", "--port=0")
    port = port_of(first_line(process))
    base = f"http://127.0.0.1:{port}/api/v1/namespaces/{client.namespace}"
    with urllib.request.urlopen(f"{base}/configmaps/settings", timeout=10) as answer:
        assert json.load(answer)["kind"] == "ConfigMap"
    with urllib.request.urlopen(f"{base}/services/web:80/proxy/", timeout=10) as answer:
        assert b"from web-" in answer.read()
    end(process)


@step("label, annotate")
def label(client: Client) -> None:
    client.do("label", "deployment", "web", "tier=front")
    client.do("label", "deployment", "web", "tier=back", "--overwrite")
    client.do("annotate", "deployment", "web", "note=one")
    client.do("label", "deployment", "web", "tier-")
    meta = client.get("deployment", "web")["metadata"]
    assert meta["annotations"]["note"] == "one" and "tier" not in meta["labels"]


@step("set")
def set_(client: Client) -> None:
    client.do("set", "image", "deployment/web", f"*={client.other}")
    client.do("set", "env", "deployment/web", "COLOUR=blue")
    client.do("set", "resources", "deployment/web", "--limits=memory=64Mi")
    client.do("set", "serviceaccount", "deployment", "web", "robot")
    spec = client.get("deployment", "web")["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert container["image"] == client.other and spec["serviceAccountName"] == "robot"
    assert container["env"] == [{"name": "COLOUR", "value": "blue"}]


@step("rollout history, undo, pause, resume, restart")
def rollout(client: Client) -> None:
    said(client, "rollout", "status", "deployment/web", has="successfully rolled out")
    said(client, "rollout", "history", "deployment/web", has="REVISION")
    client.do("rollout", "undo", "deployment/web", "--to-revision=1")
    client.do("rollout", "status", "deployment/web")
    spec = client.get("deployment", "web")["spec"]["template"]["spec"]
    assert spec["containers"][0]["image"] == client.image
    client.do("rollout", "pause", "deployment/web")
    client.do("rollout", "resume", "deployment/web")
    client.do("rollout", "restart", "deployment/web")
    client.do("rollout", "status", "deployment/web")


@step("scale")
def scale(client: Client) -> None:
    client.do("scale", "deployment", "web", "--replicas=3", "--current-replicas=2")
    wrong = client.run("scale", "deployment", "web", "--replicas=1", "--current-replicas=9")
    assert "Expected replicas to be 9, was 3" in wrong.err
    client.do("scale", "deployment", "web", "--replicas=1")


@step("patch")
def patch(client: Client) -> None:
    client.do("patch", "deployment", "web", "-p", '{"spec":{"replicas":2}}')
    client.do("patch", "deployment", "web", "--type=merge", "-p", '{"spec":{"replicas":1}}')
    change = '[{"op":"replace","path":"/spec/replicas","value":2}]'
    client.do("patch", "deployment", "web", "--type=json", "-p", change)
    change = '{"spec":{"replicas":1}}'
    client.do("patch", "deployment", "web", "--subresource=scale", "--type=merge", "-p", change)
    assert client.get("deployment", "web")["spec"]["replicas"] == 1


@step("edit")
def edit(client: Client) -> None:
    editor = client.folder / "editor"
    editor.write_text('#!/bin/sh\nsed -i \'s/a: "1"/a: "7"/\' "$1"\n')
    editor.chmod(0o755)
    client.more["KUBE_EDITOR"] = str(editor)
    said(client, "edit", "configmap", "settings", has="configmap/settings edited")
    assert client.get("configmap", "settings")["data"]["a"] == "7"


@step("apply")
def apply(client: Client) -> None:
    said(client, "apply", "-f", "-", has="created", stdin=deployment(client, "api"))
    said(client, "apply", "-f", "-", has="unchanged", stdin=deployment(client, "api"))
    changed = deployment(client, "api", replicas=2)
    said(client, "apply", "-f", "-", has="configured", stdin=changed)
    said(client, "apply", "view-last-applied", "deployment/api", has="replicas: 2")
    said(client, "apply", "--dry-run=server", "-f", "-", has="(server dry run)", stdin=changed)


@step("apply --server-side")
def apply_server_side(client: Client) -> None:
    text = deployment(client, "owned")
    said(client, "apply", "--server-side", "-f", "-", has="serverside-applied", stdin=text)
    other = deployment(client, "owned", replicas=3)
    words = ("apply", "--server-side", "--field-manager=other", "-f", "-")
    refused = client.run(*words, stdin=other)
    assert refused.code == 1 and 'conflict with "kubectl": .spec.replicas' in refused.err
    said(client, *words, "--force-conflicts", has="serverside-applied", stdin=other)
    owners = client.get("deployment", "owned", "--show-managed-fields")["metadata"]
    assert {each["manager"] for each in owners["managedFields"]} >= {"kubectl", "other"}


@step("diff")
def diff(client: Client) -> None:
    same = client.run("diff", "-f", "-", stdin=deployment(client, "api", replicas=2))
    assert (same.code, same.out) == (0, ""), same
    other = client.run("diff", "-f", "-", stdin=deployment(client, "api", replicas=3))
    assert other.code == 1 and "+  replicas: 3" in other.out
    server = ("diff", "--server-side", "--force-conflicts", "-f", "-")
    third = client.run(*server, stdin=deployment(client, "api", replicas=3))
    assert third.code == 1 and "+  replicas: 3" in third.out


@step("replace")
def replace(client: Client) -> None:
    obj = client.get("configmap", "settings")
    obj["data"]["a"] = "8"
    said(client, "replace", "-f", "-", has="replaced", stdin=json.dumps(obj))
    del obj["metadata"]["resourceVersion"], obj["metadata"]["uid"]
    said(client, "replace", "--force", "-f", "-", has="replaced", stdin=json.dumps(obj))


@step("create poddisruptionbudget")
def create_pdb(client: Client) -> None:
    client.do("create", "poddisruptionbudget", "web", "--selector=app=web", "--min-available=1")


@step("create job, cronjob")
def create_job(client: Client) -> None:
    client.do("create", "job", "once", f"--image={client.image}", "--", "echo", "done")
    client.do("wait", "--for=condition=complete", "job/once", "--timeout=40s")
    assert client.do("logs", "job/once") == "done\n"
    client.do("create", "cronjob", "often", f"--image={client.image}", "--schedule=0 0 1 1 *",
              "--", "echo", "now")  # fmt: skip
    client.do("create", "job", "--from=cronjob/often", "sooner")
    client.do("wait", "--for=condition=complete", "job/sooner", "--timeout=40s")


@step("create priorityclass, quota, ingress")
def create_others(client: Client) -> None:
    client.do("create", "priorityclass", client.namespace, "--value=1000")
    client.do("create", "quota", "room", "--hard=configmaps=50")
    client.do("create", "ingress", "front", "--rule=example.com/*=web:80")


@step("autoscale")
def autoscale(client: Client) -> None:
    client.do("autoscale", "deployment", "api", "--min=1", "--max=3", "--cpu-percent=80")
    assert client.get("hpa", "api")["spec"]["maxReplicas"] == 3


@step("top")
def top(client: Client) -> None:
    # Of what began a moment ago nothing is known before the next sample.
    until(lambda: "talk" in client.run("top", "pods").out, 60, "the use of the pods")
    said(client, "top", "nodes", has="%")


@step("cordon, uncordon, taint")
def cordon(client: Client) -> None:
    (node,) = client.do("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}").split()
    client.do("cordon", node)
    client.do("uncordon", node)
    with TAINTS:
        client.do("taint", "node", node, f"{client.namespace}=test:PreferNoSchedule")
        client.do("taint", "node", node, f"{client.namespace}-")


@step("drain")
def drain(client: Client) -> None:
    (node,) = client.do("get", "nodes", "-o", "name").split()
    words = ("drain", node, "--force", f"--pod-selector=app=api-{client.namespace}")
    said(client, *words, "--dry-run=server", has="drained (server dry run)")
    client.do(*words, "--timeout=60s")
    client.do("uncordon", node)


@step("debug")
def debug(client: Client) -> None:
    client.do("debug", "talk", f"--image={client.image}", "--container=look",
              "--image-pull-policy=Never", "--", "sleep", "600")  # fmt: skip
    deadline = time.monotonic() + 30
    while "running" not in str(
        client.get("pod", "talk")["status"].get("ephemeralContainerStatuses")
    ):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert "line 1" in client.do("exec", "talk", "-c", "talk", "--", "cat", "/proc/1/cmdline") + (
        client.do("logs", "talk", "-c", "talk")
    )


@step("delete")
def delete(client: Client) -> None:
    client.do("delete", "pod", "echo", "--grace-period=0", "--force")
    client.do("delete", "pod", "talk", "--now")
    client.do("delete", "deployment", "owned", "--cascade=foreground")
    client.do("delete", "deployment", "api", "--cascade=orphan")
    left = client.get("replicasets", "-l", f"app=api-{client.namespace}")["items"]
    assert left and not any(each["metadata"].get("ownerReferences") for each in left)
    client.do("delete", "replicasets", "-l", f"app=api-{client.namespace}")
    client.do("delete", "configmaps", "--all")
    client.do("delete", "clusterrole,clusterrolebinding", client.namespace)
    client.do("delete", "namespace", client.namespace, "--timeout=60s")
    assert client.run("get", "namespace", client.namespace).code == 1
