"""What must hold of an office's rows, whatever happened (contract §12)."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import combinations

from adapters.memory.tables import OrgTables
from domain.booking.booking import Booking, BookingStatus, CancelledBy
from domain.leads.lead_status import LeadStatus
from domain.shared.ids import BookingId, TeamId, WorkerId

MOVES = {
    BookingStatus.PENDING: {BookingStatus.PENDING, BookingStatus.CONFIRMED, BookingStatus.CANCELLED},
    BookingStatus.CONFIRMED: {BookingStatus.CONFIRMED, BookingStatus.CANCELLED, BookingStatus.DONE},
    BookingStatus.DONE: {BookingStatus.DONE},
    BookingStatus.CANCELLED: {BookingStatus.CANCELLED},
}


def nothing_is_held_twice(tables: OrgTables, now: datetime, buffer_minutes: int) -> None:
    """F1 and F4, told without the domain's own words for it."""
    held = [b for b in tables.bookings.values() if holds(b, now)]
    for one, other in combinations(held, 2):
        first, second = sorted((one, other), key=lambda b: b.slot.starts_at)
        gap = (second.slot.starts_at - first.slot.ends_at).total_seconds() / 60
        if one.slot.team_id == other.slot.team_id or set(one.crew) & set(other.crew):
            assert first.slot.held_until - first.slot.ends_at == timedelta(minutes=buffer_minutes)
            assert gap >= buffer_minutes, (first.slot, second.slot)


def moves_are_the_contracts(before: dict[BookingId, Booking], tables: OrgTables) -> None:
    """F9: only the moves there are, one version and one audit row each, and nothing is ever lost."""
    assert before.keys() <= tables.bookings.keys()
    for booking_id, old in before.items():
        new = tables.bookings[booking_id]
        assert new.status in MOVES[old.status]
        assert new.version == old.version + (new is not old)
        assert (new.estimate, new.policy, new.created_at) == (old.estimate, old.policy, old.created_at)
    rows = Counter(row["resource_id"] for row in tables.audit if row["resource_type"] == "booking")
    assert rows == {booking_id: booking.version for booking_id, booking in tables.bookings.items()}
    counted = sum(quantity for metric, quantity, _ in tables.usage if metric == "booking_created")
    assert counted == len(tables.bookings)


def expiry_took_only_the_overdue(before: dict[BookingId, Booking], tables: OrgTables, now: datetime) -> None:
    """F10, for a step that is nothing but expiry."""
    for booking_id, old in before.items():
        new = tables.bookings[booking_id]
        due = old.status is BookingStatus.PENDING and old.expires_at is not None and old.expires_at <= now
        assert (new is not old) == due
        if due:
            assert new.cancelled is not None
            assert (new.cancelled.by, new.cancelled.reason) == (CancelledBy.SYSTEM, "expired")


def leads_follow_their_bookings(tables: OrgTables) -> None:
    """F14, for leads that nobody moves by hand and visits that nobody completes."""
    for lead in tables.leads.values():
        theirs = [booking for booking in tables.bookings.values() if booking.lead_id == lead.id]
        if any(booking.status is BookingStatus.CONFIRMED for booking in theirs):
            assert lead.status is LeadStatus.BOOKED
        if not any(booking.is_live for booking in theirs):
            assert lead.status in {LeadStatus.NEW, LeadStatus.CONTACTED}
    credited = sum(lead.referral_credits for lead in tables.leads.values())
    assert credited <= sum(lead.referral_settled for lead in tables.leads.values() if lead.referred_by_code)


def mails_follow_their_bookings(tables: OrgTables) -> None:
    """Whoever was confirmed or cancelled was told once, and nobody else."""
    keys = Counter(event.dedupe_key for event in tables.outbox.values())
    assert all(count == 1 for count in keys.values())
    for booking in tables.bookings.values():
        if booking.lead_id:
            assert (f"booking:{booking.id}:confirmed" in keys) == (booking.confirmed_at is not None)
            expired = booking.cancelled is not None and booking.cancelled.by is CancelledBy.SYSTEM
            assert (f"booking:{booking.id}:expired" in keys) == expired


def is_free(
    tables: OrgTables,
    now: datetime,
    buffer_minutes: int,
    window: tuple[datetime, datetime],
    team_id: TeamId,
    crew: tuple[WorkerId, ...],
    *,
    besides: BookingId | None = None,
) -> bool:
    """Whether team and crew could take a visit then: section 6 once more, minute by minute and by hand."""
    start, end = window
    workers = [tables.workers[worker_id] for worker_id in crew]
    teams = {team_id, *(worker.team_id for worker in workers)}
    for booking in tables.bookings.values():
        near = _gap(booking, start, end) < buffer_minutes and holds(booking, now) and booking.id != besides
        own = not booking.crew and booking.slot.team_id in teams
        if near and (booking.slot.team_id == team_id or own or set(booking.crew) & set(crew)):
            return False
    for blackout in tables.blackouts.values():
        concerned = blackout.worker_id in crew if blackout.worker_id else blackout.team_id in {None, *teams}
        if concerned and blackout.starts_at < end and start < blackout.ends_at:
            return False
    return tables.teams[team_id].is_active and all(worker.is_active for worker in workers)


def _gap(booking: Booking, start: datetime, end: datetime) -> float:
    """Minutes between the two visits; negative when they overlap."""
    return max(start - booking.slot.ends_at, booking.slot.starts_at - end).total_seconds() / 60


def holds(booking: Booking, now: datetime) -> bool:
    pending = booking.status is BookingStatus.PENDING
    waits = pending and (booking.expires_at is None or booking.expires_at > now)
    return booking.status is BookingStatus.CONFIRMED or waits
