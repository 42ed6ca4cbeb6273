"""Who reaches an order's photos, and as whom: staff those of every order, workers those of their jobs."""

from dataclasses import dataclass

from application.fieldwork.my_jobs import MyJob, lock_my_job, lock_order, my_job
from application.ports.unit_of_work import Unit
from domain.booking.booking import Booking
from domain.identity.actor import Actor, Need, Role
from domain.photos.photo import Uploader, UploaderKind
from domain.shared.errors import NotFound
from domain.shared.ids import BookingId


@dataclass(frozen=True, slots=True)
class Reached:
    """`reader` is who asks, as an upload of theirs would name them."""

    booking: Booking
    reader: Uploader


async def reach(unit: Unit, actor: Actor, order_id: BookingId) -> Reached:
    """Raises NotFound("order_id"); WorkerNotLinked for a worker's login that no worker has."""
    if actor.role is Role.WORKER:
        return _job(await my_job(unit, actor, order_id))
    actor.require(Need.DISPATCH)
    booking = await unit.bookings.find(order_id)
    if booking is None:
        raise NotFound("order_id")
    return Reached(booking, _office(actor))


async def lock_reach(unit: Unit, actor: Actor, order_id: BookingId) -> Reached:
    """As reach; and no other unit writes this order, or adds to its photos, until ours ends."""
    if actor.role is Role.WORKER:
        return _job(await lock_my_job(unit, actor, order_id))
    actor.require(Need.DISPATCH)
    return Reached(await lock_order(unit, order_id), _office(actor))


def _job(mine: MyJob) -> Reached:
    return Reached(mine.booking, Uploader(UploaderKind.WORKER, mine.worker.id, mine.worker.name))


def _office(actor: Actor) -> Uploader:
    return Uploader(UploaderKind.STAFF, actor.user_id, actor.name)
