"""Photo links: `base64url(JSON) "." base64url(HMAC-SHA256)`, without padding (field page, §9, "Token").

The signature is over the text before the dot, and is compared as text: no letter can stand for another.
"""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.photos.link import Audience, PhotoLink, Variant
from domain.photos.refusals import PhotoTokenInvalid
from domain.shared.ids import BookingId, OrgId, PhotoId

VERSION, KIND = 1, "photo_download"
MOST_LENGTH = 1024


@dataclass(frozen=True, slots=True)
class HmacPhotoTokens:
    """The key is for this use alone."""

    key: bytes = field(repr=False)

    def seal(self, link: PhotoLink) -> str:
        said = _text(json.dumps(_claims(link), separators=(",", ":")).encode())
        return f"{said}.{self._signature(said)}"

    def open(self, token: str) -> PhotoLink:
        said, dot, signature = token.partition(".")
        if not (dot and token.isascii() and len(token) <= MOST_LENGTH):
            raise PhotoTokenInvalid
        if not hmac.compare_digest(self._signature(said), signature):
            raise PhotoTokenInvalid
        try:
            return _link(json.loads(urlsafe_b64decode(said + "=" * (-len(said) % 4))))
        except (ValueError, KeyError, TypeError) as error:  # signed by us, and of another release
            raise PhotoTokenInvalid from error

    def _signature(self, said: str) -> str:
        return _text(hmac.digest(self.key, said.encode(), "sha256"))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _claims(link: PhotoLink) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "v": VERSION,
        "typ": KIND,
        "aud": link.audience.value,
        "org_id": str(link.org_id),
        "order_id": str(link.booking_id),
        "photo_id": str(link.photo_id),
        "variant": link.variant.value,
        "iat": int(link.issued_at.timestamp()),
        "exp": int(link.expires_at.timestamp()),
        "jti": link.jti,
    }
    return claims if link.agent_sha256 is None else {**claims, "ua": link.agent_sha256}


def _link(claims: dict[str, Any]) -> PhotoLink:
    if (claims["v"], claims["typ"]) != (VERSION, KIND):
        raise PhotoTokenInvalid
    return PhotoLink(
        audience=Audience(claims["aud"]),
        org_id=OrgId(UUID(claims["org_id"])),
        booking_id=BookingId(UUID(claims["order_id"])),
        photo_id=PhotoId(UUID(claims["photo_id"])),
        variant=Variant(claims["variant"]),
        issued_at=datetime.fromtimestamp(claims["iat"], UTC),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        jti=claims["jti"],
        agent_sha256=claims.get("ua"),
    )
