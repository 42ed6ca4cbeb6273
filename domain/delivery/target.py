"""Where a webhook or an export may go, as far as its URL tells; its addresses are judged when it connects."""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address
from urllib.parse import SplitResult, urlsplit

from domain.delivery.addresses import Address, ipv4_of, is_forbidden, looks_numeric
from domain.delivery.faults import DeliveryFailed, Fault

_USUAL_PORTS = {"https": 443, "http": 80}
_FIRST_FREE_PORT = 1024
_LONGEST = 2048
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_VISIBLE = re.compile(r"[!-~]*").fullmatch
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)").fullmatch
_LONGEST_NAME = 253
_BESIDE_A_HOST = frozenset("/?#@")  # in a URL
_READ_IN_TWO_WAYS = frozenset("ßς\u200c\u200d")
"""IDNA 2003 writes them as other letters or drops them, IDNA 2008 does not: those are two hosts."""


def refused(code: str) -> DeliveryFailed:
    return DeliveryFailed(Fault.of(code))


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRules:
    """`allowed_hosts`: exact, or `.suffix`; None for any."""

    allow_http: bool = False
    block_private: bool = True
    allowed_hosts: frozenset[str] | None = None

    def allows_host(self, host: str) -> bool:
        if self.allowed_hosts is None:
            return True
        return any(
            host.endswith(known) if known.startswith(".") else host == known for known in self.allowed_hosts
        )

    def check(self, addresses: list[Address]) -> None:
        """One forbidden answer refuses all: which of them is taken is not ours to foresee."""
        if self.block_private and any(map(is_forbidden, addresses)):
            raise refused("private_ip_blocked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`host` is a lower-case A-label name, or an address as it is usually written; `address` then is it."""

    scheme: str
    host: str
    port: int
    path: str  # with the query
    address: Address | None = None

    @property
    def authority(self) -> str:
        """As the header Host has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _USUAL_PORTS[self.scheme] else f"{host}:{self.port}"


@lru_cache(maxsize=256)  # a backlog goes to few targets, and refusals are not kept
def target_of(url: str, rules: TargetRules) -> Target:
    """Raises DeliveryFailed with the rule that the URL breaks."""
    parts = _split(url)
    if parts.scheme not in _USUAL_PORTS:
        raise refused("unsupported_scheme")
    if parts.scheme == "http" and not rules.allow_http:
        raise refused("http_not_allowed")
    if "@" in parts.netloc or "#" in url:
        raise refused("invalid_url")
    host, address = host_of(parts)
    target = Target(
        scheme=parts.scheme,
        host=host,
        port=_port(parts),
        path=f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}",
        address=address,
    )
    if not _VISIBLE(target.path):
        raise refused("invalid_url")
    if not rules.allows_host(host):
        raise refused("host_not_allowlisted")
    if address is not None:
        rules.check([address])
    return target


def host_in(url: str) -> str | None:
    """To show where a URL leads; None for one that leads nowhere."""
    try:
        return host_of(_split(url))[0]
    except DeliveryFailed:
        return None


def normal_host(text: str) -> str:
    """A host as an allowlist has it: lower-case A-labels without a trailing dot; `.suffix` stays one."""
    if not _BESIDE_A_HOST.isdisjoint(text):
        raise refused("invalid_url")
    dot = "." if text.startswith(".") else ""
    return dot + host_of(urlsplit(f"//{text.removeprefix('.')}"))[0]


def host_of(parts: SplitResult) -> tuple[str, Address | None]:
    """The host, and the address that it is if it is one, however it is spelled."""
    try:
        host = parts.hostname or ""
        if parts.netloc.startswith("["):
            address = IPv6Address(host)
            if address.scope_id is not None:
                raise refused("invalid_url")
            return str(address), address
        if not _READ_IN_TWO_WAYS.isdisjoint(host):
            raise refused("invalid_url")
        host = host.encode("idna").decode("ascii").lower().removesuffix(".")
        if not host:
            raise refused("missing_host")
        if looks_numeric(host):
            numeric = ipv4_of(host)
            return str(numeric), numeric
    except ValueError as error:  # also what cannot be written in A-labels
        raise refused("invalid_url") from error
    if len(host) > _LONGEST_NAME or not all(map(_LABEL, host.split("."))):
        raise refused("invalid_url")
    return host, None


def _split(url: str) -> SplitResult:
    """Only what everybody reads in one way: no blanks, control characters or backslashes."""
    unsound = any(sign <= " " or sign in "\\\x7f" for sign in url)
    if unsound or len(url) > _LONGEST or _SCHEME.match(url) is None:
        raise refused("invalid_url")
    try:
        return urlsplit(url)
    except ValueError as error:
        raise refused("invalid_url") from error


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise refused("invalid_url") from error
    usual = _USUAL_PORTS[parts.scheme]
    if port is None:
        return usual
    if port in {usual, _USUAL_PORTS["https"]} or port >= _FIRST_FREE_PORT:
        return port
    raise refused("port_not_allowed")
