"""Codes of an authenticator (RFC 6238) and the recovery codes that stand in for them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

STEP_SECONDS = 30
DIGITS = 6
STEPS_ASIDE = 1  # a clock that is off by so many steps is still understood
SECRET_BYTES = 20
PENDING_FOR = timedelta(minutes=15)
RECOVERY_CODES = 10
CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
RECOVERY_LENGTH = 10
RECOVERY_BYTES = 7  # 56 bits, of which 50 make a code

_CODE = re.compile(rf"[0-9]{{{DIGITS}}}")  # \d would let the digits of every script in
_RECOVERY = re.compile(rf"[{CROCKFORD}]{{{RECOVERY_LENGTH}}}")
_AS_READ = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A person's second factor as it is kept: both secrets are sealed."""

    secret: bytes | None = None  # None: no factor is on
    last_step: int = 0  # the latest that was accepted
    pending: bytes | None = None  # enrolled, not yet confirmed by a code
    pending_until: datetime | None = None

    def pending_at(self, now: datetime) -> bytes | None:
        return self.pending if self.pending_until is not None and now < self.pending_until else None


NO_FACTOR = Factor()


def step_at(now: datetime) -> int:
    """From UTC epoch seconds: no time zone has a say."""
    return int(now.timestamp()) // STEP_SECONDS


def steps_to_try(now: datetime) -> tuple[int, ...]:
    """Latest first: a code that fits two steps spends both."""
    here = step_at(now)
    return tuple(range(here + STEPS_ASIDE, here - STEPS_ASIDE - 1, -1))


def is_code(text: str) -> bool:
    """Exactly six ASCII digits; nothing is trimmed."""
    return _CODE.fullmatch(text) is not None


def otpauth_uri(app_name: str, email: str, secret: str) -> str:
    """What an authenticator reads from the QR code. `secret` is base32 without padding."""
    issuer, account = quote(app_name, safe=""), quote(email, safe="")
    return (
        f"otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}"
        f"&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"
    )


def recovery_code(secret: Callable[[int], bytes]) -> str:
    """xxxxx-xxxxx: 50 random bits, no look-alikes."""
    bits = int.from_bytes(secret(RECOVERY_BYTES))
    letters = "".join(CROCKFORD[bits >> (5 * place) & 31] for place in range(RECOVERY_LENGTH))
    return f"{letters[:5]}-{letters[5:]}"


def bare_recovery_code(text: str) -> str | None:
    """However it was read and typed; None for what cannot be one."""
    bare = text.lower().translate(_AS_READ) if text.isascii() else ""
    return bare if _RECOVERY.fullmatch(bare) else None
