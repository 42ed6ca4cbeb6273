"""Addresses of machines that no message may go to (delivery page, §3).

Listed by us: a library's notion of "global" lets multicast, NAT64, 6to4 and site-local through.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

type Address = IPv4Address | IPv6Address

_FORBIDDEN_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network, unspecified
            "10.0.0.0/8",
            "100.64.0.0/10",  # behind a carrier's NAT
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local: metadata services
            "172.16.0.0/12",
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation, as two more below
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",
            "198.18.0.0/15",  # benchmarking
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ),
    )
)
_GLOBAL_6 = IPv6Network("2000::/3")
"""All that is given out to anybody. Loopback, mapped and compatible IPv4, NAT64, unique-local, link-local,
site-local and multicast lie outside."""
_FORBIDDEN_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "3fff::/20",  # documentation
        ),
    )
)
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_MOST_PARTS = 4


def is_forbidden(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return any(address in network for network in _FORBIDDEN_4)
    return address not in _GLOBAL_6 or any(address in network for network in _FORBIDDEN_6)


def looks_numeric(host: str) -> bool:
    """Its last part is a number, so that resolvers would not look it up as a name."""
    return _NUMBER.fullmatch(host.rpartition(".")[2]) is not None


def ipv4_of(host: str) -> IPv4Address:
    """In any spelling that resolvers take: `127.1`, `0x7f000001`, `0177.0.0.1`, `2130706433`.

    Raises ValueError for a numeric host that is no address."""
    parts = host.split(".")
    if len(parts) > _MOST_PARTS:
        raise ValueError("An address has at most four parts.")
    *leading, last = [_number(part) for part in parts]
    if any(number > 255 for number in leading) or last >= 256 ** (5 - len(parts)):  # noqa: PLR2004  # a byte
        raise ValueError("A part of the address is too large.")
    value = last
    for place, number in enumerate(leading):
        value += number << 8 * (3 - place)
    return IPv4Address(value)


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8 if len(part) > 1 and part.startswith("0") else 10)
