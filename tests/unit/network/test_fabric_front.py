from __future__ import annotations

import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kctl.network.checks import Unsafe
from kctl.network.fabric import devices
from kctl.network.fabric.front import _GRAMMAR, Peer, front, mac, peers
from kctl.network.types import Front

SETTINGS = {"cluster-id": "abc", "cluster-cidr": "10.98.0.0/16", "vxlan-port": "8472"}
CIDR = SETTINGS["cluster-cidr"]
SCRIPT = str(files("kctl.network.fabric") / "entry" / "net.sh")


def node(number: int, address: str = "", pods: str = "", **annotations: str) -> dict[str, Any]:
    where = address or f"192.0.2.{number}/24"
    return {
        "metadata": {
            "name": f"n{number}",
            "annotations": {"kctl.io/address": where, **annotations},
        },
        "spec": {"podCIDR": pods or f"10.98.{15 + number}.0/24"},
    }


def made(here: dict[str, Any], *others: dict[str, Any]) -> Front | None:
    return front(here, peers(here, [here, *others], CIDR), SETTINGS.__getitem__)


def text(of: Front | None) -> str:
    assert of is not None
    (contents,) = of.files.values()
    return contents.decode()


def test_nodes_of_one_network_get_routes() -> None:
    assert text(made(node(1), node(2), node(3))).splitlines() == [
        "cluster 10.98.0.0/16",
        f"bridge {devices.bridge('abc')}",
        "own 10.98.16.0/24 10.98.16.1 192.0.2.1",
        "peer 10.98.17.0/24 192.0.2.2 route",
        "peer 10.98.18.0/24 192.0.2.3 route",
        "end",
    ]


def test_nodes_of_other_networks_are_reached_over_vxlan_by_addresses_known_beforehand() -> None:
    here, there = node(1), node(2, "198.51.100.2/24")
    own, other = text(made(here, there)), text(made(there, here))
    assert f"peer 10.98.17.0/24 198.51.100.2 vxlan {mac('10.98.17.0/24')}\n" in own
    vni = devices.vni("abc")
    assert f"vxlan {devices.vxlan('abc')} {vni} 8472 {mac('10.98.17.0/24')}\n" in other


def test_a_node_that_is_alone_has_no_container() -> None:
    assert made(node(1)) is None
    assert made(node(1), node(2, **{"kctl.io/pod-network": "published"})) is None
    unknown = node(2)
    unknown["metadata"]["annotations"] = {}
    assert made(node(1), unknown) is None
    assert made(unknown, node(1)) is None


def test_a_new_neighbour_changes_the_file_and_not_the_container() -> None:
    two, three = made(node(1), node(2)), made(node(1), node(2), node(3))
    assert two is not None and three is not None
    assert two.shape == three.shape and two.digest != three.digest
    assert two.live == tuple(two.files)


@pytest.mark.parametrize(
    "other",
    [
        node(2, "192.0.2.1/24"),  # this node's own address
        node(2, "127.0.0.1/8"),
        node(2, "224.0.0.1/4"),
        node(2, "0.0.0.0/0"),
        node(2, "10.98.16.10/16"),  # of a pod
        node(2, pods="10.98.16.0/24"),  # this node's own range
        node(2, pods="10.98.0.0/24"),  # services
        node(2, pods="10.98.0.0/16"),
        node(2, pods="10.99.1.0/24"),
        node(2, pods="10.98.17.1/24"),
        node(2, pods="10.98.17.0/24\npeer 0.0.0.0/0 192.0.2.9 route"),
    ],
    ids=lambda each: str((each["metadata"]["annotations"], each["spec"]["podCIDR"])),
)
def test_a_neighbour_with_unfit_values_is_left_out_alone(other: dict[str, Any]) -> None:
    assert [each.node for each in peers(node(1), [other, node(3)], CIDR)] == ["n3"]


def test_two_neighbours_with_one_range_do_not_share_it() -> None:
    second = node(3, pods="10.98.17.0/24")
    assert [each.node for each in peers(node(1), [node(2), second], CIDR)] == ["n2"]


def test_an_own_range_that_is_unfit_is_an_error() -> None:
    with pytest.raises(Unsafe, match="is not a pod range within"):
        made(node(1, pods="10.98.0.0/24"), node(2))


_hostile = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"(\d{1,3}\.){3}\d{1,3}(/\d{1,2})?[\n ;$(`|]*\w{0,8}", fullmatch=True),
    st.sampled_from(["$(reboot)", "192.0.2.2/24\nend", "192.0.2.2/24;x", "::1/64", "-1", "1/1"]),
)


@settings(max_examples=300, deadline=None)
@given(address=_hostile, pods=_hostile, mode=_hostile, own=_hostile)
def test_nothing_hostile_gets_into_the_file(address: str, pods: str, mode: str, own: str) -> None:
    other = node(2, address, pods or "x", **{"kctl.io/pod-network": mode})
    here = node(1, **{"kctl.io/pod-network-found": own})
    assert _GRAMMAR.fullmatch(text(made(here, other, node(3))))
    hostile = node(1, own, pods or "x")
    try:
        found = made(hostile, node(3))
    except Unsafe:
        return
    assert found is None or _GRAMMAR.fullmatch(text(found))


@settings(max_examples=100, deadline=None)
@given(pods=_hostile, address=_hostile, port=_hostile)
def test_a_peer_is_checked_once_more_where_it_is_written(
    pods: str, address: str, port: str
) -> None:
    others = [Peer("n2", pods, address, "vxlan")]
    try:
        found = front(node(1), others, {**SETTINGS, "vxlan-port": port}.__getitem__)
    except Unsafe:
        return
    assert _GRAMMAR.fullmatch(text(found))


@given(st.text(alphabet="0123456789abcdef", min_size=1, max_size=12))
def test_devices_have_names_that_the_kernel_takes(cluster: str) -> None:
    names = devices.bridge(cluster), devices.vxlan(cluster)
    assert all(len(each) <= 15 for each in names) and len(set(names)) == 2
    assert 4096 <= devices.vni(cluster) < 2**24


def check(contents: bytes, folder: Path) -> subprocess.CompletedProcess[str]:
    file = folder / "net.conf"
    file.write_bytes(contents)
    return subprocess.run(
        ["sh", SCRIPT, "check", file], capture_output=True, text=True, timeout=10, check=False
    )


def test_the_script_takes_what_is_written_and_nothing_that_was_cut_off(tmp_path: Path) -> None:
    whole = text(made(node(1), node(2), node(3, "198.51.100.2/24"))).encode()
    assert check(whole, tmp_path).returncode == 0
    lines = whole.splitlines(keepends=True)
    for length in range(len(lines)):
        assert check(b"".join(lines[:length]), tmp_path).returncode != 0, length


@pytest.mark.parametrize("line", ["peer $(touch /tmp/x) 1 route", "peer a;b c route", "exec ls"])
def test_the_script_refuses_what_kctl_never_writes(line: str, tmp_path: Path) -> None:
    whole = text(made(node(1), node(2)))
    found = check(whole.replace("end\n", f"{line}\nend\n").encode(), tmp_path)
    assert found.returncode != 0
    assert "unexpected" in found.stderr
