"""What a machine's files say, as another machine would send them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kctl.runtime.docker.machine import Space, choose, of_texts, parts, routes, space_of

ROUTES = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
CLOUD = ROUTES + "eth0\t00000000\t0100800A\t0003\t0\t0\t0\t00000000\n"
CLOUD += "eth0\t0100800A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\n"
BLOCKS = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda 1000 {} {} 9% /\n"
INODES = "Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/sda 100 0 {} 0% /\n"


def test_parts_of_an_answer() -> None:
    assert parts("noise\n== a\n1\n2\n== b\n== c\nx") == {"a": "1\n2\n", "b": "", "c": "x"}
    assert parts("") == {}


def test_a_machine_by_its_files() -> None:
    found = of_texts(
        {
            "machine-id": "m1\n",
            "boot-id": "b1\n",
            "os-release": 'NAME=x\nPRETTY_NAME="Some Linux 1"\n',
            "meminfo": "MemTotal: 8000000 kB\nMemAvailable: 90000 kB\n",
        },
        Space(5),
    )
    assert found.identity == {"machineID": "m1", "systemUUID": "m1", "bootID": "b1"}
    assert found.os_image == "Some Linux 1" and found.memory_pressure
    assert found.networks == () and found.space == Space(5)


def test_space_left() -> None:
    assert space_of(BLOCKS.format(100, 900), INODES.format(90)) == Space(1_024_000)
    assert space_of(BLOCKS.format(901, 99), INODES.format(90)).pressure
    assert space_of(BLOCKS.format(100, 900), INODES.format(4)).pressure
    assert space_of(BLOCKS.format(100, 900), "Filesystem\nbtrfs - - - - /\n") == Space(1_024_000)
    assert space_of("", "") == Space(0)


def test_without_a_default_route_the_address_that_is_reached_comes_first() -> None:
    table = routes(
        ROUTES
        + "eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t0000FFFF\n"
        + "eth1\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\n"
    )
    own = ["192.168.7.4", "10.1.0.9"]
    assert [str(each) for each in choose(own, table)] == ["192.168.7.4/16", "10.1.0.9/8"]
    found = choose(own, table, "10.1.0.9")
    assert [str(each) for each in found] == ["10.1.0.9/8", "192.168.7.4/16"]


def test_an_address_on_a_link_of_its_own() -> None:
    assert [str(each) for each in choose(["10.128.0.5"], routes(CLOUD), "10.128.0.5")] == [
        "10.128.0.5/32"
    ]
    assert choose(["10.128.0.5"], routes(CLOUD)) == ()


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_answer_of_df_is_an_error(blocks: str, inodes: str) -> None:
    assert space_of(blocks, inodes).size >= 0
