"""Bar: the right address each time, whatever stands in X-Forwarded-For, by one function used everywhere."""

from ipaddress import ip_network

import httpx
import pytest

from entrypoints.http.client_address import admits, client_address
from entrypoints.settings.load import read_settings
from tests.http.conftest import edge_client

PROXIES = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"), ip_network("192.0.2.7"))
CLIENT = "203.0.113.9"
PROXY = "10.0.0.1"
TWENTY = ", ".join(["10.0.0.2"] * 19)

SHAPES: list[tuple[str | None, list[str], str | None]] = [
    # who is believed
    ("198.51.100.1", [CLIENT], "198.51.100.1"),  # no proxy of ours: its header is not read
    ("198.51.100.1", ["junk"], "198.51.100.1"),
    ("192.0.2.7", [CLIENT], CLIENT),
    ("192.0.2.8", [CLIENT], "192.0.2.8"),
    ("2001:db8::5", [CLIENT], CLIENT),
    ("2001:db9::5", [CLIENT], "2001:db9::5"),
    ("::ffff:10.0.0.1", [CLIENT], CLIENT),  # a proxy seen through a dual-stack socket
    ("::ffff:198.51.100.1", [CLIENT], "198.51.100.1"),
    (None, [CLIENT], None),  # a UNIX socket has no peer
    ("testclient", [CLIENT], None),
    # several hops, several lines
    (PROXY, [], PROXY),
    (PROXY, [CLIENT], CLIENT),
    (PROXY, [f"6.6.6.6, {CLIENT}"], CLIENT),  # the left is what the client invented
    (PROXY, [f"6.6.6.6, {CLIENT}, 10.9.9.9"], CLIENT),
    (PROXY, [f"10.5.5.5, {CLIENT}"], CLIENT),  # invented, and one of ours by its look
    (PROXY, ["6.6.6.6", CLIENT], CLIENT),  # lines are joined in their order
    (PROXY, [CLIENT, "10.9.9.9", "192.0.2.7"], CLIENT),
    (PROXY, ["6.6.6.6, 7.7.7.7", f"8.8.8.8,{CLIENT},10.1.1.1"], CLIENT),
    (PROXY, ["10.0.0.3"], "10.0.0.3"),  # a client within the trusted network
    (PROXY, ["10.0.0.3, 10.0.0.4"], "10.0.0.3"),
    # how addresses are written
    (PROXY, [f"{CLIENT}:5678"], CLIENT),
    (PROXY, [f"[{CLIENT}]:80"], CLIENT),
    (PROXY, [f"\t {CLIENT} "], CLIENT),
    (PROXY, ["2001:DB9:0::1"], "2001:db9::1"),
    (PROXY, ["[2001:db9::1]"], "2001:db9::1"),
    (PROXY, ["[2001:db9::1]:443"], "2001:db9::1"),
    (PROXY, ["fe80::1%eth0"], "fe80::1"),
    (PROXY, ["[fe80::1%25eth0]:443"], "fe80::1"),
    (PROXY, [f"::ffff:{CLIENT}"], CLIENT),
    (PROXY, [f"[::ffff:{CLIENT}]:443"], CLIENT),
    (PROXY, [f"{CLIENT}, ::ffff:10.0.0.9"], CLIENT),  # a hop of ours, mapped
    (PROXY, [f"{CLIENT}, [2001:db8::9]:443"], CLIENT),
    (PROXY, [f"{CLIENT}, , ,"], CLIENT),  # empty elements of a list are none (RFC 9110, 5.6.1)
    (PROXY, [""], PROXY),
    # what is no address makes the client unknown
    (PROXY, ["unknown"], None),
    (PROXY, [f"{CLIENT}, _hidden"], None),
    (PROXY, [f"_hidden, {CLIENT}"], CLIENT),  # junk beyond the client is not read
    (PROXY, ["203.0.113.999"], None),
    (PROXY, ["203.0.113.09"], None),  # octal or decimal: who knows
    (PROXY, ["3405803785"], None),
    (PROXY, [f"{CLIENT}:port"], None),
    (PROXY, [f"{CLIENT}%eth0"], None),
    (PROXY, ["[2001:db9::1]x"], None),
    (PROXY, ["[2001:db9::1"], None),
    (PROXY, [f"{CLIENT}/32"], None),
    (PROXY, [f'"{CLIENT}"'], None),
    (PROXY, [f"for={CLIENT}"], None),
    (PROXY, [f"{CLIENT} 10.0.0.2"], None),
    (PROXY, ["1" * 16_000], None),
    # length
    (PROXY, [f"{CLIENT}, {TWENTY}"], CLIENT),  # the 20th hop
    (PROXY, [f"{CLIENT}, 10.0.0.2, {TWENTY}"], None),  # the 21st
    (PROXY, [CLIENT, "10.0.0.2", TWENTY], None),
    (PROXY, [f"10.0.0.2, {TWENTY}"], "10.0.0.2"),
    (PROXY, [", ".join(["6.6.6.6"] * 1000)], "6.6.6.6"),  # only the walk is counted
]


@pytest.mark.parametrize(("peer", "forwarded", "expected"), SHAPES)
def test_the_client_is_the_first_hop_we_do_not_trust(
    peer: str | None, forwarded: list[str], expected: str | None
) -> None:
    assert client_address(peer, forwarded, PROXIES) == expected


def test_without_trusted_proxies_the_header_is_inert() -> None:
    assert client_address(PROXY, [CLIENT], ()) == PROXY


def test_no_list_admits_the_unknown() -> None:
    assert not admits([ip_network("0.0.0.0/0"), ip_network("::/0")], None)
    assert admits([ip_network("0.0.0.0/0")], "1.2.3.4")
    assert not admits([ip_network("10.0.0.0/8")], "1.2.3.4")


@pytest.mark.parametrize("variable", ["TRUSTED_PROXY_IPS", "TRUSTED_PROXY_CIDRS"])
@pytest.mark.parametrize(
    "given",
    ["127.0.0.1", "127.0.0.0/8", "::ffff:127.0.0.1", "::ffff:127.0.0.0/104", '["10.0.0.1","127.0.0.1/32"]'],
)
async def test_both_lists_of_proxies_take_addresses_and_networks(variable: str, given: str) -> None:
    assert await _status_for(CLIENT, {"TRUST_PROXY_HEADERS": "true", variable: given}) == 200


@pytest.mark.parametrize(
    "environ",
    [
        {"TRUSTED_PROXY_IPS": "127.0.0.1"},  # the header is not to be trusted at all
        {"TRUST_PROXY_HEADERS": "true"},
        {"TRUST_PROXY_HEADERS": "true", "TRUSTED_PROXY_IPS": "127.0.0.2"},
    ],
)
async def test_otherwise_the_header_counts_for_nothing(environ: dict[str, str]) -> None:
    assert await _status_for(CLIENT, environ) == 403


async def test_the_allowlist_lets_nobody_unknown_in() -> None:
    open_to_all = {"ADMIN_IP_ALLOWLIST_CIDRS": "0.0.0.0/0,::/0"}
    proxied = {"TRUST_PROXY_HEADERS": "true", "TRUSTED_PROXY_IPS": "127.0.0.1"}
    assert await _status_for(CLIENT, open_to_all | proxied) == 200
    assert await _status_for("unknown", open_to_all | proxied) == 403


@pytest.mark.parametrize("given", ["10.0.0.0/33", "proxy.internal", "10.0.0.1-10.0.0.9"])
def test_what_is_no_network_is_refused_at_the_start(given: str) -> None:
    _, faults = read_settings({"APP_ENV": "dev", "TRUSTED_PROXY_IPS": given})
    assert [fault.variable for fault in faults] == ["TRUSTED_PROXY_IPS"]


async def _status_for(forwarded: str, environ: dict[str, str]) -> int:
    """Of an admin route that only CLIENT may reach, asked from 127.0.0.1."""
    async with edge_client({"ADMIN_IP_ALLOWLIST_CIDRS": CLIENT, **environ}) as client:
        answer: httpx.Response = await client.get(
            "/v1/admin/examples", headers={"x-forwarded-for": forwarded}
        )
    return answer.status_code
