import secrets
from dataclasses import dataclass
from datetime import timedelta

from application.photos.reach import reach
from application.photos.rules import PhotoRules
from application.ports.clock import Clock
from application.ports.photo_links import PhotoTokens
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor
from domain.photos.link import Audience, PhotoLink, Variant
from domain.photos.photo import UploaderKind
from domain.shared.ids import BookingId, PhotoId

JTI_BYTES = 16
AUDIENCES = {UploaderKind.STAFF: Audience.STAFF, UploaderKind.WORKER: Audience.WORKER}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPhoto:
    """`agent_sha256` is of the browser that asks, in hex."""

    order_id: BookingId
    photo_id: PhotoId
    variant: Variant
    agent_sha256: str


@dataclass(frozen=True, slots=True)
class LinkPhotoHandler:
    uow: UnitOfWork
    clock: Clock
    tokens: PhotoTokens
    rules: PhotoRules

    async def handle(self, actor: Actor, query: LinkPhoto) -> tuple[PhotoLink, str]:
        """With the link as a token."""
        async with self.uow.begin(actor.org_id) as unit:
            reached = await reach(unit, actor, query.order_id)
            photo = await unit.photos.get(query.order_id, query.photo_id)
        issued_at = self.clock.now().replace(microsecond=0)
        link = PhotoLink(
            audience=AUDIENCES[reached.reader.kind],
            org_id=actor.org_id,
            booking_id=photo.booking_id,
            photo_id=photo.id,
            variant=query.variant,
            issued_at=issued_at,
            expires_at=issued_at + timedelta(seconds=self.rules.link_ttl_seconds),
            jti=secrets.token_hex(JTI_BYTES),
            agent_sha256=query.agent_sha256 if self.rules.link_bound_to_agent else None,
        )
        return link, self.tokens.seal(link)
