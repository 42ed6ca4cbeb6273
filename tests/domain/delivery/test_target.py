from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis.strategies import integers, sampled_from, text

from domain.delivery.addresses import ipv4_of, is_forbidden
from domain.delivery.faults import DeliveryFailed
from domain.delivery.target import TargetRules, host_in, normal_host, target_of
from tests.support.hostile_targets import BLOCKED, INVALID

OPEN = TargetRules(allow_http=True)


def code_of(url: str, rules: TargetRules = OPEN) -> tuple[str, bool]:
    with pytest.raises(DeliveryFailed) as refused:
        target_of(url, rules)
    return refused.value.fault.code, refused.value.fault.permanent


@pytest.mark.parametrize("url", BLOCKED)
def test_a_forbidden_address_is_known_in_every_spelling(url: str) -> None:
    assert code_of(url.format(port=8080)) == ("private_ip_blocked", True)


@pytest.mark.parametrize("url", INVALID)
def test_what_could_be_read_in_two_ways_is_refused(url: str) -> None:
    assert code_of(url.format(port=8080)) == ("invalid_url", True)


def test_the_corpus_is_of_eighty() -> None:
    assert len(set(BLOCKED) | set(INVALID)) >= 80


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "invalid_url"),
        ("hooks.example.com/x", "invalid_url"),
        ("//hooks.example.com/x", "invalid_url"),
        ("https://hooks.example.com:0x50/", "invalid_url"),
        ("https://hooks.example.com:70000/", "invalid_url"),
        ("https://a..b/", "invalid_url"),
        ("https://-a.example.com/", "invalid_url"),
        ("https://[::1/", "invalid_url"),
        ("https://256.256.256.256/", "invalid_url"),
        ("https://1.2.3.4.5/", "invalid_url"),
        ("https://hooks.example.com/ü", "invalid_url"),
        ("https://faß.example/", "invalid_url"),  # as it was read once: fass.example
        ("https://βόλος.example/", "invalid_url"),
        ("https://a\u200cb.example/", "invalid_url"),
        ("https://a\u200db.example/", "invalid_url"),
        (f"https://hooks.example.com/{'x' * 2048}", "invalid_url"),
        ("ftp://hooks.example.com/", "unsupported_scheme"),
        ("file:///etc/passwd", "unsupported_scheme"),
        ("https:///path", "missing_host"),
        ("https://:443/", "missing_host"),
        ("https://hooks.example.com:22/", "port_not_allowed"),
        ("https://hooks.example.com:80/", "port_not_allowed"),
        ("https://hooks.example.com:0/", "port_not_allowed"),
    ],
)
def test_each_rule_has_its_code(url: str, code: str) -> None:
    assert code_of(url) == (code, True)


def test_http_must_be_allowed() -> None:
    assert code_of("http://hooks.example.com/", TargetRules()) == ("http_not_allowed", True)
    assert target_of("http://hooks.example.com/", OPEN).port == 80


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "authority"),
    [
        ("https://Hooks.Example.com./a?b=c", "hooks.example.com", 443, "/a?b=c", "hooks.example.com"),
        ("https://bücher.example:8443", "xn--bcher-kva.example", 8443, "/", "xn--bcher-kva.example:8443"),
        ("https://93.184.216.34/", "93.184.216.34", 443, "/", "93.184.216.34"),
        ("https://[2606:4700::1]:4443/", "2606:4700::1", 4443, "/", "[2606:4700::1]:4443"),
    ],
)
def test_a_sound_target(url: str, host: str, port: int, path: str, authority: str) -> None:
    target = target_of(url, TargetRules())
    assert (target.host, target.port, target.path, target.authority) == (host, port, path, authority)


def test_the_allowlist_is_exact_or_by_suffix() -> None:
    rules = TargetRules(allowed_hosts=frozenset(map(normal_host, ["Hooks.example.com.", ".partner.example"])))
    for host in ("hooks.example.com", "HOOKS.example.com", "a.partner.example", "a.b.partner.example"):
        assert target_of(f"https://{host}/", rules).host == host.lower()
    for host in ("example.com", "xhooks.example.com", "partner.example", "evilpartner.example"):
        assert code_of(f"https://{host}/", rules) == ("host_not_allowlisted", True)


@given(integers(0, 2**32 - 1), sampled_from(["{:d}", "{:#x}", "0{:o}"]))
def test_an_address_is_its_number_however_written(number: int, spelling: str) -> None:
    assert int(ipv4_of(spelling.format(number))) == number


@given(text(max_size=40))
def test_no_text_is_too_strange_to_be_refused(junk: str) -> None:
    for url in (junk, f"https://{junk}/", f"https://hooks.example.com:{junk}"):
        try:
            target_of(url, OPEN)
        except DeliveryFailed:
            continue
        assert host_in(url)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "2a00:1450:4001::1"])
def test_addresses_of_the_world_are_not_forbidden(address: str) -> None:
    assert not is_forbidden(ip_address(address))
