"""What a signed photo link says, and whom it lets in."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.photos.refusals import PhotoTokenExpired, PhotoTokenInvalid
from domain.shared.ids import BookingId, OrgId, PhotoId


class Audience(StrEnum):
    STAFF = "staff"
    WORKER = "worker"
    CLIENT = "client"


class Variant(StrEnum):
    ORIGINAL = "original"
    THUMBNAIL = "thumbnail"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoLink:
    """`agent_sha256` is of the browser that asked, in hex; None where links are not bound to one."""

    audience: Audience
    org_id: OrgId
    booking_id: BookingId
    photo_id: PhotoId
    variant: Variant
    issued_at: datetime
    expires_at: datetime
    jti: str
    agent_sha256: str | None = None

    def must_open(
        self,
        now: datetime,
        *,
        booking_id: BookingId,
        photo_id: PhotoId,
        agent_sha256: str,
        bound: bool,
    ) -> None:
        """Raises PhotoTokenInvalid for another photo's path, another browser, or none named where links are
        bound to one; PhotoTokenExpired from the moment that it ends."""
        if (self.booking_id, self.photo_id) != (booking_id, photo_id):
            raise PhotoTokenInvalid
        if self.agent_sha256 is None:
            if bound:
                raise PhotoTokenInvalid
        elif self.agent_sha256 != agent_sha256:
            raise PhotoTokenInvalid
        if now >= self.expires_at:
            raise PhotoTokenExpired
