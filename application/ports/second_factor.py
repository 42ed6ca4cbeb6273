from typing import Protocol

from domain.shared.ids import UserId


class OneTimeCodes(Protocol):
    def code(self, secret: bytes, step: int) -> str:
        """The six digits that an authenticator with this secret shows during this step."""


class RecoveryHashes(Protocol):
    """Recovery codes as they are kept: meaningless without our key, and bound to their person."""

    def of(self, user_id: UserId, code: str) -> bytes:
        """Under today's key."""

    def candidates(self, user_id: UserId, code: str) -> tuple[bytes, ...]:
        """Under every key that one kept today may have been made with."""


class QrCodes(Protocol):
    def svg(self, text: str) -> str:
        """The picture as an SVG document of its own that reaches for nothing."""
