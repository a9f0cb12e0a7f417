"""The setting "load-balancer-pool": addresses for services of type LoadBalancer."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

_LARGEST = 65536


class Pool:
    """Addresses, ranges and networks: "192.0.2.100-192.0.2.120,198.51.100.0/28,192.0.2.9".
    Raises ValueError for anything else."""

    def __init__(self, text: str) -> None:
        self._spans = [_span(part.strip()) for part in text.split(",") if part.strip()]
        if sum(last - first + 1 for first, last in self._spans) > _LARGEST:
            raise ValueError(f"{text!r} has more than {_LARGEST} addresses")

    def __bool__(self) -> bool:
        return bool(self._spans)

    def __contains__(self, address: str) -> bool:
        try:
            number = int(IPv4Address(address))
        except AddressValueError:
            return False
        return any(first <= number <= last for first, last in self._spans)

    def __iter__(self) -> Iterator[str]:
        for first, last in self._spans:
            for number in range(first, last + 1):
                yield str(IPv4Address(number))

    def free(self, taken: Collection[str]) -> str | None:
        """The first address that is not taken."""
        return next((each for each in self if each not in taken), None)


def _span(text: str) -> tuple[int, int]:
    try:
        if "/" in text:
            network = IPv4Network(text)
            return int(network.network_address), int(network.broadcast_address)
        low, dash, high = text.partition("-")
        first, last = (
            int(IPv4Address(low.strip())),
            int(IPv4Address((high if dash else low).strip())),
        )
    except (AddressValueError, NetmaskValueError, ValueError):
        raise ValueError(
            f"{text!r} is no address, range or network such as 192.0.2.9, "
            "192.0.2.100-192.0.2.120 or 192.0.2.128/28"
        ) from None
    if first > last:
        raise ValueError(f"{text!r} begins after its end")
    return first, last
