"""RFC 6238, appendix B: the SHA-1 rows, of whose eight digits ours are the last six."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.pyotp.one_time_codes import PyotpOneTimeCodes
from adapters.segno.qr_codes import SegnoQrCodes
from domain.identity.second_factor import SECRET_BYTES, STEP_SECONDS
from tests.support.authenticator import hotp

SECRET = b"12345678901234567890"
VECTORS = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}


@pytest.mark.parametrize(("seconds", "shown"), VECTORS.items())
def test_the_vectors_of_the_standard(seconds: int, shown: str) -> None:
    assert PyotpOneTimeCodes().code(SECRET, seconds // STEP_SECONDS) == shown[-6:]


@given(st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES), st.integers(0, 2**40))
def test_every_authenticator_shows_the_same(secret: bytes, step: int) -> None:
    assert PyotpOneTimeCodes().code(secret, step) == hotp(secret, step)


def test_the_picture_reaches_for_nothing_and_holds_no_readable_secret() -> None:
    svg = SegnoQrCodes().svg("otpauth://totp/Sweepline:olive%40acme.example?secret=ABCDEFGH")
    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert svg.endswith("</svg>")
    assert "ABCDEFGH" not in svg
    assert svg.count("http") == 1
    assert not any(word in svg for word in ("<script", "<image", "href", "url("))
