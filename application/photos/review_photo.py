from dataclasses import dataclass

from application.photos.reach import reach
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.photos.photo import Photo, ReviewStatus
from domain.shared.ids import BookingId, PhotoId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPhoto:
    order_id: BookingId
    photo_id: PhotoId
    verdict: ReviewStatus
    comment: str | None = None
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class ReviewPhotoHandler:
    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: ReviewPhoto) -> Photo:
        actor.require(Need.DISPATCH)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await reach(unit, actor, command.order_id)
            photo = await unit.photos.lock(command.order_id, command.photo_id)
            must_match(photo.version, command.expected_version)
            judged = photo.review(
                self.clock.now(), command.verdict, comment=command.comment, reviewer=actor.user_id
            )
            if judged is not photo:
                await unit.photos.save(judged)
                await unit.audit.record(
                    actor,
                    "photo_review",
                    "photo",
                    judged.id,
                    before={"review_status": photo.review_status.value, "version": photo.version},
                    after={"review_status": judged.review_status.value, "version": judged.version},
                    reason=command.comment,
                )
            await unit.seal(judged)
            return judged
