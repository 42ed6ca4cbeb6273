"""The client's address: one function for allowlist, limits, captcha and audit (identity page, §8)."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
MOST_HOPS = 20


LONGEST = 80  # of an address with brackets, zone and port
BRACKETED = re.compile(r"\[([^\[\]]+)\](?::[0-9]{1,5})?").fullmatch
WITH_PORT = re.compile(r"([^:]+):[0-9]{1,5}").fullmatch


def parse_address(text: str) -> Address | None:
    """An address as peers and proxies write it: port, brackets and zone stripped, IPv4-mapped unmapped."""
    return _parsed(text) if len(text) <= LONGEST else None


@lru_cache(4096)
def _parsed(text: str) -> Address | None:
    text = text.strip(" \t")
    wrapped = BRACKETED(text) or WITH_PORT(text)
    try:
        address = ip_address(wrapped[1] if wrapped else text)
    except ValueError:
        return None
    if not isinstance(address, IPv6Address):
        return address
    return address.ipv4_mapped or IPv6Address(int(address))  # the latter without its zone


def admits(networks: Iterable[Network], address: str | None) -> bool:
    """False for an unknown address, whatever the networks are."""
    parsed = parse_address(address) if address else None
    return parsed is not None and any(parsed in network for network in networks)


def client_address(peer: str | None, forwarded: Sequence[str], proxies: Sequence[Network]) -> str | None:
    """The address that speaks to us, past the proxies we trust; None when it cannot be known.

    `forwarded` are the X-Forwarded-For lines in order; they are read only if the peer is trusted, from the
    right, and never past the first hop that is not.
    """
    address = parse_address(peer or "")
    if address is None:
        return None
    if not proxies or not _trusted(address, proxies):
        return str(address)
    hops = [hop for hop in ",".join(forwarded).split(",") if hop.strip(" \t")]
    for walked, hop in enumerate(reversed(hops)):
        found = parse_address(hop) if walked < MOST_HOPS else None
        if found is None:
            return None
        address = found
        if not _trusted(address, proxies):
            break
    return str(address)


def _trusted(address: Address, proxies: Sequence[Network]) -> bool:
    return any(address in network for network in proxies)
