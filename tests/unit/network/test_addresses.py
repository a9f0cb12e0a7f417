from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.network import addresses
from kctl.network.addresses import NoFreeRange

CLUSTER = "10.98.0.0/16"
POD_CIDR = "10.98.16.0/24"


def test_a_machine_without_private_routes_gets_the_first_range() -> None:
    assert addresses.choose_cluster_cidr(["192.0.2.0/24", "172.17.0.0/16"], []) == CLUSTER


@pytest.mark.parametrize(
    ("routes", "nameservers", "chosen"),
    [
        (["10.98.4.0/24"], [], "10.99.0.0/16"),
        (["10.96.0.0/14"], [], "10.100.0.0/16"),
        ([], ["10.98.0.53"], "10.99.0.0/16"),
        (["10.0.0.0/8"], [], "172.31.0.0/16"),
        (["fd00::/8"], ["fe80::1%eth0", "no address"], CLUSTER),
    ],
)
def test_what_the_machine_routes_is_left_alone(
    routes: list[str], nameservers: list[str], chosen: str
) -> None:
    assert addresses.choose_cluster_cidr(routes, nameservers) == chosen


def test_no_range_at_all_names_the_way_out() -> None:
    with pytest.raises(NoFreeRange, match="KCTL_CLUSTER_CIDR"):
        addresses.choose_cluster_cidr(["10.0.0.0/8", "172.16.0.0/12"], [])


def test_services_take_the_first_part_and_nodes_the_rest() -> None:
    assert addresses.layout(CLUSTER) == ("10.98.0.0/20", "10.98.0.10")
    first = addresses.node_pod_cidr(CLUSTER, [])
    assert first == POD_CIDR
    assert addresses.node_pod_cidr(CLUSTER, [first, "10.98.18.0/24"]) == "10.98.17.0/24"
    assert addresses.gateway(first) == "10.98.16.1"
    assert addresses.front_address(first) == "10.98.16.2"


def test_nodes_never_share_a_range_and_run_out_loudly() -> None:
    taken: list[str] = []
    for _ in range(240):
        taken.append(addresses.node_pod_cidr(CLUSTER, taken))
    assert len(set(taken)) == 240
    services = ip_network(addresses.layout(CLUSTER)[0])
    assert not any(services.overlaps(ip_network(each)) for each in taken)
    with pytest.raises(NoFreeRange, match="no room for another node"):
        addresses.node_pod_cidr(CLUSTER, taken)


@pytest.mark.parametrize("cidr", ["10.98.0.0/24", "10.0.0.0/8", "fd00::/16", "x"])
def test_a_range_of_another_size_is_refused(cidr: str) -> None:
    with pytest.raises(ValueError):
        addresses.layout(cidr)


@given(st.lists(st.integers(0, 255), max_size=260))
def test_a_new_address_is_free_and_in_the_range(taken: list[int]) -> None:
    used = {f"10.98.16.{each}" for each in taken}
    found = addresses.next_address(POD_CIDR, used)
    pods = {f"10.98.16.{each}" for each in range(10, 255)}
    if pods <= used:
        assert found is None
    else:
        assert found in pods - used
        assert ip_address(found) in ip_network(POD_CIDR)


def test_an_address_that_became_free_is_not_given_again_at_once() -> None:
    assert addresses.next_address(POD_CIDR, []) == "10.98.16.10"
    assert addresses.next_address(POD_CIDR, ["10.98.16.10", "10.98.16.12"]) == "10.98.16.13"
    assert addresses.next_address(POD_CIDR, ["10.98.16.254"]) == "10.98.16.10"
