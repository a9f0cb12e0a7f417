"""A scheduler of one's own; clients that ask too much, or listen to nothing."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.integration.serve.served import Object, Served

PODS = "/api/v1/namespaces/default/pods"
MAPS = "/api/v1/namespaces/default/configmaps"


def bind(served: Served, pod: str, node: str) -> tuple[int, Object]:
    body = {"metadata": {"name": pod}, "target": {"kind": "Node", "name": node}}
    answer = served.request("POST", f"{PODS}/{pod}/binding", body)
    return answer.code, answer.json


def test_a_scheduler_of_one_s_own_binds_a_pod_once(served: Served) -> None:
    spec = {"schedulerName": "mine", "containers": [{"name": "c", "image": "none"}]}
    assert served.request("POST", PODS, {"metadata": {"name": "p"}, "spec": spec}).code == 201
    code, status = bind(served, "p", "n1")
    assert (code, status["status"]) == (201, "Success")
    pod = served.request("GET", f"{PODS}/p").json
    assert pod["spec"]["nodeName"] == "n1"
    assert {"type": "PodScheduled", "status": "True"} in pod["status"]["conditions"]
    code, status = bind(served, "p", "n2")
    assert (code, status["message"]) == (
        409,
        'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
    )
    assert bind(served, "nosuch", "n1")[0] == 404
    code, status = bind(served, "p", "")
    assert code == 422 and "target.name: Required value" in status["message"]


def test_a_flood_of_one_user_keeps_nobody_waiting(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.csv"
    tokens.write_text('flood,flood,1,"system:masters"\nann,ann,2,"system:masters"\n')
    one = Served(tmp_path / "one", f"--token-auth-file={tokens}")
    try:
        for number in range(200):
            made = {"metadata": {"name": f"c{number}"}, "data": {"v": "x" * 2000}}
            one.request("POST", MAPS, made)
        stop = threading.Event()

        def flood(_: int) -> int:
            count = 0
            while not stop.is_set():
                assert one.request("GET", MAPS, token="flood").code in (200, 429)
                count += 1
            return count

        with ThreadPoolExecutor(24) as crowd:
            working = [crowd.submit(flood, number) for number in range(24)]
            for number in range(20):
                made = {"metadata": {"name": f"ann{number}"}}
                assert one.request("POST", MAPS, made, token="ann").code == 201
            stop.set()
            assert sum(each.result() for each in working) > 24
    finally:
        assert one.stop() == 0


def memory(served: Served) -> int:
    """Resident, in kB."""
    status = Path(f"/proc/{served.process.pid}/status").read_text()
    (line,) = (each for each in status.splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1])


def test_watches_that_nobody_reads_cost_little_and_delay_nobody(tmp_path: Path) -> None:
    one = Served(tmp_path / "one")
    stuck: list[ssl.SSLSocket] = []
    try:
        one.request("POST", MAPS, {"metadata": {"name": "busy"}})
        for _ in range(20):
            raw = socket.create_connection(("127.0.0.1", one.port))
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            tls = one.context().wrap_socket(raw, server_hostname="localhost")
            tls.sendall(f"GET {MAPS}?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            stuck.append(tls)
        before = memory(one)
        with one.stream(f"{MAPS}?watch=1&fieldSelector=metadata.name%3Dbusy") as reading:
            for number in range(300):
                change = {"data": {"n": str(number), "text": "x" * 50_000}}
                media = "application/merge-patch+json"
                answer = one.request("PATCH", f"{MAPS}/busy", change, Content_Type=media)
                assert answer.code == 200
            for line in reading:
                if json.loads(line)["object"].get("data", {}).get("n") == "299":
                    break
        assert memory(one) - before < 150_000
    finally:
        for each in stuck:
            each.close()
        assert one.stop() == 0
