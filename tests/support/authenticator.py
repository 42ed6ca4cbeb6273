"""Somebody's phone: RFC 6238 written anew, so that ours is compared with another."""

import hmac
from base64 import b32decode
from dataclasses import dataclass

from tests.support.clock import FixedClock

FULL_WIDTH, ARABIC = "\uff11\uff12\uff13\uff14\uff15\uff16", "\u0661\u0662\u0663\u0664\u0665\u0666"
JUNK = (
    *("", "12345", "1234567", " 123456", "123456 ", "123 456", "123456\n", "\x00" * 6, "1" * 1024),
    *("12345a", "+12345", "-12345", "1234.5", "0x1234", "12e456", "null", "true", "[1]", "' or 1"),
    *(FULL_WIDTH, ARABIC, "\u00b2" * 6, "\U0001f642" * 6),
)
"""What people and attackers send for a code."""


def hotp(secret: bytes, step: int) -> str:
    """RFC 4226, §5.3."""
    digest = hmac.digest(secret, step.to_bytes(8), "sha1")
    offset = digest[-1] & 15
    return f"{int.from_bytes(digest[offset : offset + 4]) % 2**31 % 10**6:06d}"


@dataclass(frozen=True)
class Authenticator:
    secret: str  # as it was shown
    clock: FixedClock

    def code(self, aside: int = 0) -> str:
        """Of now, or so many steps later."""
        return hotp(b32decode(self.secret), int(self.clock.now().timestamp()) // 30 + aside)

    def next(self) -> str:
        """Waits for one that nobody has seen."""
        self.clock.advance(seconds=30)
        return self.code()

    def wrong(self) -> str:
        """Six digits that no step near now shows."""
        near = {self.code(aside) for aside in range(-3, 4)}
        return next(text for text in map("{:06d}".format, range(10)) if text not in near)
