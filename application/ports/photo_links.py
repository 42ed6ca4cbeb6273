from datetime import datetime
from typing import Protocol

from domain.photos.link import PhotoLink
from domain.shared.ids import OrgId


class PhotoTokens(Protocol):
    """Photo links as text that nobody else can make, or change by a letter."""

    def seal(self, link: PhotoLink) -> str: ...

    def open(self, token: str) -> PhotoLink:
        """Raises PhotoTokenInvalid for whatever is not ours. Whom it lets in, the link itself knows."""


class OneTimeLinks(Protocol):
    """Who came first with a link that opens once."""

    async def claim(self, org_id: OrgId, jti: str, expires_at: datetime) -> bool:
        """True for the first; kept until the link runs out by itself. Raises Unavailable where nobody can
        know: then nothing is opened."""
