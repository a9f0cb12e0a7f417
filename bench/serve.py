"""`kctl serve` under load: requests a second and latency, watches, memory.

The load comes from wrk over TLS with a static token; etcd's put and range through its own
gateway (plain HTTP, its own process, the same disk) are measured in the same run: what a
Kubernetes control plane pays for storage alone. Rounds alternate.
"""

from __future__ import annotations

import base64
import json
import re
import ssl
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from bench.lab import Lab, lab, median, say
from bench.store import Etcd

ROUNDS = 2
SECONDS = 3
CLIENTS = (1, 50)
PODS = 1000
MANY = 10_000
WATCHES = 100
WRITES = 60
TOKEN = "bench-token"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
MAPS = "/api/v1/namespaces/default/configmaps"
VALUE = "x" * 400


class Load(NamedTuple):
    """What wrk asks for: a Lua expression for the path and one for the body."""

    method: str
    path: str
    body: str = '""'
    accept: str = "application/json"
    content: str = "application/json"
    token: str = f"Bearer {TOKEN}"


LOADS = {
    "get": Load("GET", f'"{MAPS}/target"'),
    "list of 1,000 pods as Table": Load("GET", '"/api/v1/pods"', accept=TABLE),
    "create": Load(
        "POST",
        f'"{MAPS}"',
        '\'{"metadata":{"name":"\' .. tag .. n .. \'"},"data":{"v":"' + VALUE + "\"}}'",
    ),
    "patch": Load(
        "PATCH",
        f'"{MAPS}/target"',
        '\'{"data":{"n":"\' .. n .. \'"}}\'',
        content="application/merge-patch+json",
    ),
}
ETCD = {
    "get": "range",
    "list of 1,000 pods as Table": "range of 1,000",
    "create": "put",
    "patch": "put",
}


def run() -> dict[str, Any]:
    with lab() as home, Etcd() as etcd:
        tokens = home.home / "tokens.csv"
        home.home.mkdir(exist_ok=True)
        tokens.write_text(f'{TOKEN},bench,1,"system:masters"\n')
        _fill(home, "pods", PODS)
        _fill_etcd(etcd)
        with serving(home) as (url, pid):
            idle = _memory(pid)
            _wrk_once(url)
            loads = {
                f"{name}, {clients} clients": _measure(url, etcd, name, clients)
                for name in LOADS
                for clients in CLIENTS
            }
            fan_out = _fan_out(home, url)
        _fill(home, "configmaps", MANY)
        with serving(home) as (url, pid):
            _get(url, "/api/v1/pods", home)
            full = _memory(pid)
        return {"loads": loads, "fan_out": fan_out, "idle_mb": idle, "full_mb": full}


@contextmanager
def serving(home: Lab) -> Iterator[tuple[str, int]]:
    words = ["serve", "--no-reconcile", "--listen=127.0.0.1:0", "--log-level=none"]
    words.append(f"--token-auth-file={home.home}/tokens.csv")
    argv = [sys.executable, "-m", "kctl", *words]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=home.environment)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1], process.pid
    finally:
        process.terminate()
        process.wait(20)


def _fill(home: Lab, resource: str, count: int) -> None:
    """Objects straight through the library, since the load is not theirs."""
    code = f"""
        import sys
        from pathlib import Path
        from kctl.reconcile.plane import Plane
        with Plane.open(Path({str(home.home)!r})) as plane:
            for number in range({count}):
                name = f"fill-{{number}}"
                meta = {{"name": name, "namespace": "default", "labels": {{"app": name}}}}
                if {resource!r} == "pods":
                    rest = {{"spec": {{"containers": [{{"name": "c", "image": "none"}}]}}}}
                    kind = "Pod"
                else:
                    rest, kind = {{"data": {{"v": "{VALUE}"}}}}, "ConfigMap"
                plane.api.create({{"apiVersion": "v1", "kind": kind, "metadata": meta, **rest}})
            if {resource!r} == "pods":
                meta = {{"name": "target", "namespace": "default"}}
                plane.api.create({{"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}})
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)


def _fill_etcd(etcd: Etcd) -> None:
    for number in range(PODS):
        etcd.put(f"/pods/{number:05}", b"p" * 1300)
    etcd.put("/target", b"c" * 500)


# --- requests ---


def _measure(url: str, etcd: Etcd, name: str, clients: int) -> dict[str, float]:
    say(f"  {name}, {clients} clients")
    ours, theirs = [], []
    for turn in range(ROUNDS):
        ours.append(_wrk(url, LOADS[name], clients, f"b{clients}r{turn}x"))
        theirs.append(_wrk(etcd.url, _etcd_load(name), clients, f"e{clients}r{turn}x"))
    found = {}
    for key in ("per_second", "p50_ms", "p99_ms"):
        found[key] = median([each[key] for each in ours])
        found[f"etcd_{key}"] = median([each[key] for each in theirs])
    return found


def _etcd_load(name: str) -> Load:
    def packed(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    if name == "get":
        asked = {"key": packed("/target")}
        return Load("POST", '"/v3/kv/range"', f"'{json.dumps(asked)}'", token="")
    if name.startswith("list"):
        asked = {"key": packed("/pods/"), "range_end": packed("/pods0")}
        return Load("POST", '"/v3/kv/range"', f"'{json.dumps(asked)}'", token="")
    value = packed("c" * 500)
    body = f"""'{{"key":"' .. key(tag .. n) .. '","value":"{value}"}}'"""
    return Load("POST", '"/v3/kv/put"', body, token="")


def _wrk(url: str, load: Load, clients: int, tag: str) -> dict[str, float]:
    """Requests a second and latencies in milliseconds. RuntimeError for answers that failed."""
    token = f'"{load.token}"' if load.token else "nil"
    script = f"""
        local n, tag = 0, "{tag}"
        local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        function key(text)
            local out = {{}}
            while #text % 3 > 0 do text = text .. "_" end
            for a, b, c in text:gmatch("(.)(.)(.)") do
                local word = a:byte() * 65536 + b:byte() * 256 + c:byte()
                for shift = 18, 0, -6 do
                    local at = math.floor(word / 2 ^ shift) % 64 + 1
                    out[#out + 1] = letters:sub(at, at)
                end
            end
            return table.concat(out)
        end
        local headers = {{
            ["Authorization"] = {token}, ["Accept"] = "{load.accept}",
            ["Content-Type"] = "{load.content}", ["User-Agent"] = "bench",
        }}
        request = function()
            n = n + 1
            return wrk.format("{load.method}", {load.path}, headers, {load.body})
        end
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(textwrap.dedent(script))
        file.flush()
        argv = ["wrk", "-t1", f"-c{clients}", f"-d{SECONDS}s", "--latency", "--timeout=30s"]
        argv += ["-s", file.name, url]
        said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{load.method} {load.path}: {said}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert found is not None, said
    return {
        "per_second": float(found.group(1)),
        "p50_ms": _latency(said, "50%"),
        "p99_ms": _latency(said, "99%"),
    }


def _latency(said: str, percentile: str) -> float:
    found = re.search(rf"{percentile}\s+([\d.]+)(us|ms|s)\b", said)
    assert found is not None, said
    return float(found.group(1)) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found.group(2)]


def _wrk_once(url: str) -> None:
    """The first requests of a server import what they need."""
    for load in LOADS.values():
        _wrk(url, load, 1, "warm")


# --- watches ---

_FOLLOW = """
import asyncio, ssl, sys, time

async def follow(host, port, context, times):
    reader, writer = await asyncio.open_connection(host, port, ssl=context)
    end, path, token = "\\r\\n", sys.argv[3], sys.argv[4]
    head = f"GET {path} HTTP/1.1{end}Host: x{end}Authorization: Bearer {token}{end}{end}"
    writer.write(head.encode())
    async for line in reader:
        if b'"n":"mark' in line:
            mark = int(line.partition(b'"n":"mark')[2].partition(b'"')[0])
            times.append((mark, time.time()))

async def main():
    host, port, count, marks = "127.0.0.1", int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[5])
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    times = []
    tasks = [asyncio.create_task(follow(host, port, context, times)) for _ in range(count)]
    await asyncio.sleep(3)
    print("ready", flush=True)
    while len(times) < count * marks:
        await asyncio.sleep(0.05)
    for mark, at in times:
        print(mark, at)

asyncio.run(main())
"""


def _fan_out(home: Lab, url: str) -> dict[str, float]:
    """Milliseconds from before a write until each of the watches has its event."""
    say(f"  {WATCHES} watches")
    port = url.rpartition(":")[2]
    listed = json.loads(_get(url, f"{MAPS}?limit=1", home))
    since = listed["metadata"]["resourceVersion"]
    path = f"{MAPS}?watch=1&fieldSelector=metadata.name%3Dtarget&resourceVersion={since}"
    argv = [sys.executable, "-c", _FOLLOW, port, str(WATCHES), path, TOKEN, str(WRITES)]
    follower = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert follower.stdout is not None
    follower.stdout.readline()
    begun = {}
    for mark in range(WRITES):
        begun[mark] = time.time()
        _patch(url, mark, home)
        time.sleep(0.1)
    said, _ = follower.communicate(timeout=60)
    late = sorted(
        1000 * (float(at) - begun[int(mark)]) for mark, at in map(str.split, said.splitlines())
    )
    return {"p50_ms": late[len(late) // 2], "p99_ms": late[int(len(late) * 0.99)]}


def _open(url: str, request: Any, home: Lab) -> bytes:
    import urllib.request

    context = ssl.create_default_context(cafile=str(home.home / "pki" / "ca.crt"))
    request.add_header("Authorization", f"Bearer {TOKEN}")
    with urllib.request.urlopen(request, context=context, timeout=30) as answer:
        read: bytes = answer.read()
    return read


def _get(url: str, path: str, home: Lab) -> bytes:
    import urllib.request

    return _open(url, urllib.request.Request(url + path), home)


def _patch(url: str, mark: int, home: Lab) -> None:
    import urllib.request

    body = json.dumps({"data": {"n": f"mark{mark}"}}).encode()
    request = urllib.request.Request(f"{url}{MAPS}/target", data=body, method="PATCH")
    request.add_header("Content-Type", "application/merge-patch+json")
    _open(url, request, home)


def _memory(pid: int) -> float:
    """Resident, in MB."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", text)
    assert found is not None
    return int(found.group(1)) / 1024


def rows(result: dict[str, Any]) -> list[tuple[str, ...]]:
    found = []
    for name, got in result["loads"].items():
        peer = ETCD[name.rpartition(", ")[0]]
        found.append(
            (
                f"served: {name}",
                f"{got['per_second']:.0f}/s, p50 {got['p50_ms']:.1f}, p99 {got['p99_ms']:.1f} ms",
                f"etcd {peer} {got['etcd_per_second']:.0f}/s, p50 {got['etcd_p50_ms']:.1f}, "
                f"p99 {got['etcd_p99_ms']:.1f} ms",
                f"{got['per_second'] / got['etcd_per_second']:.2f}",
                "etcd is the floor of storage alone",
            )
        )
    fan_out = result["fan_out"]
    found.append(
        (
            f"served: one write until {WATCHES} watches have it",
            f"p50 {fan_out['p50_ms']:.1f}, p99 {fan_out['p99_ms']:.1f} ms",
            "-",
            "-",
            "-",
        )
    )
    found.append(
        (
            f"served: memory, with {PODS + MANY} objects",
            f"{result['full_mb']:.0f} MB",
            f"with {PODS} {result['idle_mb']:.0f} MB",
            f"{result['full_mb'] / result['idle_mb']:.2f}",
            "bounded",
        )
    )
    return found
