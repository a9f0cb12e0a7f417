"""Small pure parts: versions, streams, a machine's files, networks, fronts."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.network.types import Front
from kctl.runtime.docker import client, frontbody, frontcheck, frontimage, network
from kctl.runtime.docker.frames import Demultiplexer, lines
from kctl.runtime.docker.machine import choose, local_addresses, routes
from kctl.runtime.docker.pause import PROGRAMS
from kctl.runtime.operations import ApplyFront, NetworkSettings
from kctl.runtime.types import HostUnreachable

SETTINGS = NetworkSettings("kctl-c", "10.98.0.0/16", "10.98.16.0/24", "10.98.16.1", "c")


@pytest.mark.parametrize(
    ("newest", "oldest", "wanted"),
    [
        ("1.41", "1.12", "1.41"),
        ("1.43", "1.24", "1.43"),
        ("1.52", "1.44", "1.47"),
        ("1.60", "1.50", "1.50"),
    ],
)
def test_versions(newest: str, oldest: str, wanted: str) -> None:
    assert client.choose_version(newest, oldest) == wanted


def test_an_engine_that_is_too_old() -> None:
    with pytest.raises(HostUnreachable, match=r"1\.41 \(Docker 20\.10\) or newer is needed"):
        client.choose_version("1.40", "1.12")


_FRAMES = st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=30)), max_size=8)


@given(frames=_FRAMES, sizes=st.lists(st.integers(1, 9), min_size=1))
def test_frames_come_whole_out_of_any_chunks(
    frames: list[tuple[int, bytes]], sizes: list[int]
) -> None:
    wire = b"".join(bytes([s, 0, 0, 0]) + len(p).to_bytes(4, "big") + p for s, p in frames)
    split, got, at = Demultiplexer(), {1: b"", 2: b""}, 0
    while wire:
        size = sizes[at % len(sizes)]
        at += 1
        for stream, payload in split.feed(wire[:size]):
            got[stream] += payload
        wire = wire[size:]
    for stream in (1, 2):
        assert got[stream] == b"".join(payload for s, payload in frames if s == stream)


def test_lines_keep_their_stream_together() -> None:
    def frame(stream: int, payload: bytes) -> bytes:
        return bytes([stream, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload

    chunks = [frame(1, b"a"), frame(2, b"err\n"), frame(1, b"b\nc")]
    assert list(lines(chunks, tty=False)) == [b"err\n", b"ab\n", b"c"]
    assert list(lines([b"x\r\ny"], tty=True)) == [b"x\r\n", b"y"]


TRIE = """
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 192.168.7.4
        /32 host LOCAL
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 172.17.0.1
        /32 host LOCAL
     |-- 10.1.0.9
        /32 host LOCAL
     |-- 10.1.0.255
        /32 link BROADCAST
"""
ROUTES = """Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask
eth1\t00000000\t0100010A\t0003\t0\t0\t0\t00000000
eth1\t0000010A\t00000000\t0001\t0\t0\t0\t0000FFFF
eth0\t0007A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF
"""


def test_the_address_towards_the_default_route_comes_first() -> None:
    table = routes(ROUTES)
    assert ("eth0", ipaddress.ip_network("192.168.7.0/24")) in table
    found = choose(local_addresses(TRIE), table)
    assert [str(each) for each in found] == ["10.1.0.9/16", "192.168.7.4/24"]


def test_the_network_as_the_engine_is_asked_for_it() -> None:
    body = network.arguments(SETTINGS)
    assert body["IPAM"]["Config"] == [
        {"Subnet": "10.98.0.0/16", "Gateway": "10.98.16.1", "IPRange": "10.98.255.0/24"}
    ]
    assert body["Labels"]["io.kctl.cluster"] == "c"
    bridge = body["Options"]["com.docker.network.bridge.name"]
    assert bridge.startswith("kctl-") and len(bridge) <= 15


def test_a_front_as_the_engine_is_asked_for_it() -> None:
    front = Front("lb", "img", ("run",), "pod", "10.98.16.2", ("NET_ADMIN",), (("a", "b"),))
    body = frontbody.body(ApplyFront("n", front, SETTINGS), "c", "img:1", [])
    assert body["MacAddress"] == "02:42:0a:62:10:02"
    assert body["HostConfig"]["CapDrop"] == ["ALL"]
    assert body["HostConfig"]["CapAdd"] == ["NET_ADMIN", "SETGID", "SETUID"]
    assert body["HostConfig"]["Sysctls"] == {"a": "b"}
    assert body["HostConfig"]["RestartPolicy"] == {"Name": "always"}
    newer = frontbody.body(ApplyFront("n", front, SETTINGS), "c", "img:1", [], (1, 44))
    endpoint = newer["NetworkingConfig"]["EndpointsConfig"]["kctl-c"]
    assert "MacAddress" not in newer and endpoint["MacAddress"] == "02:42:0a:62:10:02"


def test_a_front_that_joins_another() -> None:
    front = Front("dns", "img", ("run",), "front:lb")
    rows = [{"Id": "x1", "State": "running", "Labels": {"io.kctl.front": "lb"}}]
    body = frontbody.body(ApplyFront("n", front, SETTINGS), "c", "img", rows)
    assert body["HostConfig"]["NetworkMode"] == "container:x1"
    with pytest.raises(LookupError, match="front lb does not run"):
        frontbody.body(ApplyFront("n", front, SETTINGS), "c", "img", [])


def test_the_taken_port_comes_first() -> None:
    text = (
        "[NOTICE] x\n[ALERT] (1) : Starting proxy p: cannot bind socket (Address already in use)"
        " [127.0.0.1:8080]"
    )
    assert frontcheck.explain(text).startswith(
        "port 8080 is taken by another program (127.0.0.1:8080): [ALERT]"
    )
    assert frontcheck.explain("other") == "other"


def test_the_pause_programs_are_static_programs_of_their_machine() -> None:
    for architecture, machine in (("amd64", 62), ("arm64", 183)):
        program = PROGRAMS[architecture]
        assert program[:4] == b"\x7fELF" and len(program) < 512
        assert int.from_bytes(program[18:20], "little") == machine


def test_a_script_is_no_program_for_an_image(tmp_path) -> None:  # type: ignore[no-untyped-def]
    script = tmp_path / "x"
    script.write_text("#!/bin/sh\n")
    with pytest.raises(frontimage.MissingBinary, match="is not a program"):
        frontimage.interpreter(str(script))
