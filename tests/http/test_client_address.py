from ipaddress import ip_network

import pytest

from entrypoints.http.client_address import admits, client_address

PROXIES = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.1", ["1.2.3.4"], "192.0.2.1"),  # not a proxy of ours: its header is not read
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["1.2.3.4"], "1.2.3.4"),
        ("10.0.0.1", ["6.6.6.6, 1.2.3.4, 10.9.9.9"], "1.2.3.4"),  # the leftmost is the attacker's
        ("10.0.0.1", ["6.6.6.6", "1.2.3.4"], "1.2.3.4"),  # lines are joined
        ("10.0.0.1", ["1.2.3.4:5678"], "1.2.3.4"),
        ("10.0.0.1", ["[2001:db9::1]:443"], "2001:db9::1"),
        ("10.0.0.1", ["::ffff:1.2.3.4"], "1.2.3.4"),
        ("::ffff:10.0.0.1", ["1.2.3.4"], "1.2.3.4"),
        ("10.0.0.1", ["unknown"], None),
        ("10.0.0.1", ["1.2.3.4, _hidden"], None),
        ("10.0.0.1", [", ".join(["10.0.0.2"] * 20)], "10.0.0.2"),
        ("10.0.0.1", [", ".join(["10.0.0.2"] * 21)], None),
        ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
        (None, [], None),
        ("testclient", [], None),
    ],
)
def test_the_client_is_the_first_hop_we_do_not_trust(
    peer: str | None, forwarded: list[str], expected: str | None
) -> None:
    assert client_address(peer, forwarded, PROXIES) == expected


def test_without_trusted_proxies_the_header_is_inert() -> None:
    assert client_address("10.0.0.1", ["1.2.3.4"], ()) == "10.0.0.1"


def test_no_list_admits_the_unknown() -> None:
    assert not admits([ip_network("0.0.0.0/0"), ip_network("::/0")], None)
    assert admits([ip_network("0.0.0.0/0")], "1.2.3.4")
    assert not admits([ip_network("10.0.0.0/8")], "1.2.3.4")
