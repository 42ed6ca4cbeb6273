from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CaptchaTerms:
    """What a public page needs to show the check."""

    mode: str  # off, turnstile
    site_key: str | None = None


class HumanCheck(Protocol):
    """Tells people from programs before a stranger may write."""

    @property
    def terms(self) -> CaptchaTerms: ...

    async def check(self, token: str | None, client_address: str | None) -> None:
        """Never inside a transaction. Raises CaptchaFailed when the token is missing or refused, and
        Unavailable when its provider cannot be asked: that is never a pass."""
