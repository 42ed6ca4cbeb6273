"""The worker who asks, and the one way to a booking for them. `domain.booking.jobs` has the rule."""

from dataclasses import dataclass

from application.ports.unit_of_work import Unit
from domain.booking.booking import Booking
from domain.booking.jobs import is_job_of
from domain.booking.refusals import BookingNotFound
from domain.identity.actor import Actor
from domain.scheduling.worker import Worker, WorkerNotLinked
from domain.shared.errors import NotFound
from domain.shared.ids import BookingId


@dataclass(frozen=True, slots=True)
class MyJob:
    worker: Worker
    booking: Booking


async def me(unit: Unit, actor: Actor) -> Worker:
    """Raises WorkerNotLinked for a login without a worker."""
    worker = await unit.workers.find_by_user(actor.user_id) if actor.user_id else None
    if worker is None:
        raise WorkerNotLinked
    return worker


async def my_job(unit: Unit, actor: Actor, order_id: BookingId) -> MyJob:
    """Raises WorkerNotLinked; NotFound("order_id") for whatever is no job of theirs."""
    worker = await me(unit, actor)
    return MyJob(worker, _theirs(worker, await unit.bookings.find(order_id)))


async def lock_my_job(unit: Unit, actor: Actor, order_id: BookingId) -> MyJob:
    """As `my_job`, to be written: the worker is locked first, then the booking, as everywhere."""
    worker = await unit.workers.lock_by_user(actor.user_id) if actor.user_id else None
    if worker is None:
        raise WorkerNotLinked
    return MyJob(worker, _theirs(worker, await lock_order(unit, order_id)))


async def lock_order(unit: Unit, order_id: BookingId) -> Booking:
    """Raises NotFound("order_id")."""
    try:
        return await unit.bookings.lock(order_id)
    except BookingNotFound:
        raise NotFound("order_id") from None


def _theirs(worker: Worker, booking: Booking | None) -> Booking:
    if booking is None or not is_job_of(booking, worker.id, worker.team_id):
        raise NotFound("order_id")
    return booking
