"""A visit: when, by whom, for whom, and on what terms."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

from domain.booking import cancellation
from domain.booking.cancellation import CancellationOutcome
from domain.booking.deposit import OPEN, DepositStatus
from domain.booking.photo_consent import PhotoConsent
from domain.booking.policy_snapshot import PolicySnapshot
from domain.booking.refusals import BookingMoveRefused, ConsentMissing, DepositUnpaid, WorkInProgress
from domain.booking.risk import Risk, RiskBand
from domain.booking.visit import STEP_MINUTES, BookedAddOn, Details, TimeSlot
from domain.booking.work import OPEN as OPEN_WORK
from domain.booking.work import Work, WorkState
from domain.shared.errors import Invalid
from domain.shared.estimate import Estimate
from domain.shared.ids import BookingId, LeadId, WorkerId
from domain.shared.money import divide_ceiling


class BookingStatus(StrEnum):
    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


LIVE = frozenset({BookingStatus.PENDING, BookingStatus.CONFIRMED})


class BookingSource(StrEnum):
    PUBLIC = "public"
    OFFICE = "office"
    CLIENT = "client"
    SERIES = "series"


class CancelledBy(StrEnum):
    CLIENT = "client"
    OFFICE = "office"
    SYSTEM = "system"


EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedDeposit:
    """`cents` is set when it is required; staff may have set it, or waived it, otherwise."""

    required: bool
    cents: int | None
    status: DepositStatus
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """Who called it off, when and why. Nothing is refunded of what expired."""

    at: datetime
    by: CancelledBy
    reason: str
    outcome: CancellationOutcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """Each verb returns the booking after it, one version on; a verb that changes nothing returns
    the very same object, so that its caller can tell."""

    id: BookingId
    source: BookingSource
    lead_id: LeadId | None = None
    client_id: UUID | None = None
    slot: TimeSlot
    crew: tuple[WorkerId, ...] = ()  # in id order
    crew_needed: int = 1
    details: Details
    estimate: Estimate | None = None
    add_ons: tuple[BookedAddOn, ...] = ()
    extended_minutes: int = 0  # of the slot: added for extras after it was booked
    currency: str
    policy: PolicySnapshot
    risk: Risk
    deposit: BookedDeposit
    status: BookingStatus = BookingStatus.PENDING
    expires_at: datetime | None = None
    confirmed_at: datetime | None = None
    completed_at: datetime | None = None
    work_state: WorkState = WorkState.NOT_STARTED
    actual_duration_minutes: int | None = None
    cleaner_seconds: int = 0
    consent_photos: bool = False
    consent: PhotoConsent | None = None  # the record of the former; None: nobody ever asked
    cancelled: Cancellation | None = None
    cancellation_exception: bool = False
    cancellation_exception_note: str | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def planned_minutes(self) -> int:
        """What the crew is expected to need: on site, and the extras shared among them."""
        booked = self.slot.duration_minutes - self.extended_minutes
        on_site = self.estimate.on_site_minutes if self.estimate else booked
        return on_site + divide_ceiling(sum(line.minutes for line in self.add_ons), self.crew_needed)

    @property
    def minutes_to_hold(self) -> int:
        """The visit's length, or, where the planned work does not fit into it, one that it fits into."""
        return max(
            self.slot.duration_minutes, STEP_MINUTES * divide_ceiling(self.planned_minutes, STEP_MINUTES)
        )

    @property
    def total_cents(self) -> int | None:
        return self.policy.total_cents

    def is_overdue(self, now: datetime) -> bool:
        """A pending hold whose time to pay has run out; the next who looks may cancel it."""
        pending = self.status is BookingStatus.PENDING
        return pending and self.expires_at is not None and self.expires_at <= now

    def holds(self, now: datetime) -> bool:
        """Its time is not to be had by others."""
        return self.is_live and not self.is_overdue(now)

    def confirm(self, now: datetime, *, waive_deposit: bool = False) -> Self:
        if self.status is BookingStatus.CONFIRMED:
            return self
        self._must_be(BookingStatus.PENDING)
        if self.deposit.status in OPEN and not waive_deposit:
            raise DepositUnpaid("The deposit is not paid. An administrator may waive it, with a reason.")
        return self._changed(
            now,
            status=BookingStatus.CONFIRMED,
            confirmed_at=now,
            expires_at=None,
            deposit=self._deposit_becomes(DepositStatus.WAIVED),
        )

    def confirmed_from_birth(self) -> Self:
        """As it is first written: confirmed in the moment that it was made."""
        return replace(self, status=BookingStatus.CONFIRMED, confirmed_at=self.created_at)

    def cancel(self, now: datetime, *, by: CancelledBy, reason: str) -> Self:
        if self.status is BookingStatus.CANCELLED:
            return self
        self._must_be(*LIVE)
        self._require_no_open_clock()
        outcome = self._outcome(now, by, exception=self.cancellation_exception)
        return self._called_off(Cancellation(at=now, by=by, reason=reason, outcome=outcome))

    def expire(self, now: datetime) -> Self:
        """Let go of a hold that was never paid for; any other booking stays as it is."""
        if not self.is_overdue(now):
            return self
        return self._called_off(Cancellation(at=now, by=CancelledBy.SYSTEM, reason=EXPIRED))

    def complete(self, now: datetime, *, actual_duration_minutes: int | None = None) -> Self:
        """The length given wins over what the clocks say, until they are corrected."""
        if self.status is BookingStatus.DONE:
            return self
        self._must_be(BookingStatus.CONFIRMED)
        self._require_no_open_clock()
        minutes = self.actual_duration_minutes if actual_duration_minutes is None else actual_duration_minutes
        if minutes is None:
            raise Invalid.field("actual_duration_minutes", "is required: no clock ran")
        return self._changed(
            now, status=BookingStatus.DONE, completed_at=now, actual_duration_minutes=minutes
        )

    def clocked(self, now: datetime, work: Work) -> Self:
        """After a change of one of its clocks; also when it is done, for those are corrected."""
        return self._changed(
            now,
            work_state=work.state,
            actual_duration_minutes=work.actual_duration_minutes,
            cleaner_seconds=work.cleaner_seconds,
        )

    def reschedule(self, now: datetime, slot: TimeSlot, crew: tuple[WorkerId, ...]) -> Self:
        """The same time for the same people changes nothing, whatever the buffer is by now."""
        self._must_be(*LIVE)
        if slot.same_time(self.slot) and crew == self.crew:
            return self
        self._require_no_open_clock()
        as_long = slot.duration_minutes == self.slot.duration_minutes
        extended = self.extended_minutes if as_long else 0
        return self._changed(now, slot=slot, crew=crew, extended_minutes=extended)

    def assign(self, now: datetime, crew: tuple[WorkerId, ...]) -> Self:
        """Send exactly these, in id order."""
        self._must_be(*LIVE)
        return self if crew == self.crew else self._changed(now, crew=crew)

    def with_add_ons(self, now: datetime, add_ons: tuple[BookedAddOn, ...], slot: TimeSlot) -> Self:
        """Exactly these extras, in a slot that is as long as before or longer."""
        self._must_be(*LIVE)
        if add_ons == self.add_ons and slot.same_time(self.slot):
            return self
        extended = self.extended_minutes + slot.duration_minutes - self.slot.duration_minutes
        return self._changed(now, add_ons=add_ons, slot=slot, extended_minutes=extended)

    def edit(self, now: datetime, details: Details) -> Self:
        """Of a finished visit only the notes may still be written."""
        only_notes = replace(details, notes=self.details.notes) == self.details
        self._must_be(*LIVE, *([BookingStatus.DONE] if only_notes else []))
        return self if details == self.details else self._changed(now, details=details)

    def require_deposit(self, now: datetime, *, asked_cents: int) -> Self:
        """Staff ask for it after all: the amount that was set, else `asked_cents`. It keeps its time."""
        self._must_be_unpaid()
        if self.deposit.required and self.deposit.status in OPEN:
            return self
        cents = asked_cents if self.deposit.cents is None else self.deposit.cents
        return self._deposit_changed(now, required=True, status=DepositStatus.DUE, cents=cents)

    def waive_deposit(self, now: datetime) -> Self:
        """Staff do without it. What now waits for the office alone never expires by age."""
        self._must_be_unpaid()
        waived = self._deposit_changed(now, required=False, status=DepositStatus.WAIVED)
        return waived if waived is self else replace(waived, expires_at=None)

    def set_deposit(self, now: datetime, cents: int) -> Self:
        """Another amount. One that was asked for at the payment provider must be asked for anew."""
        self._must_be_unpaid()
        if not 0 <= cents <= (cents if self.total_cents is None else self.total_cents):
            raise Invalid.field("value", "must be from 0 to the visit's total")
        if cents == self.deposit.cents:
            return self
        status = DepositStatus.DUE if self.deposit.status in OPEN else self.deposit.status
        return self._deposit_changed(now, cents=cents, status=status)

    def judge(self, now: datetime, band: RiskBand) -> Self:
        """Staff know better; score and reasons stay what they were."""
        self._must_be(*LIVE)
        return self if band is self.risk.band else self._changed(now, risk=replace(self.risk, band=band))

    def except_from_terms(self, now: datetime, *, granted: bool, note: str) -> Self:
        """A cancellation is refunded in full, one of the past too; or by the terms again."""
        if granted is self.cancellation_exception:
            return self
        cancelled = self.cancelled
        if cancelled and cancelled.outcome:
            outcome = self._outcome(cancelled.at, cancelled.by, exception=granted)
            cancelled = replace(cancelled, outcome=outcome)
        return self._changed(
            now,
            cancellation_exception=granted,
            cancellation_exception_note=note if granted else None,
            cancelled=cancelled,
        )

    def _outcome(self, at: datetime, by: CancelledBy, *, exception: bool) -> CancellationOutcome:
        paid = self.deposit.status is DepositStatus.PAID
        return cancellation.outcome(
            self.policy.cancellation.window_at(self.slot.starts_at, at),
            paid_cents=(self.deposit.cents or 0) if paid else 0,
            in_full=by is not CancelledBy.CLIENT or exception,
        )

    def _deposit_changed(self, now: datetime, **changes: object) -> Self:
        deposit = replace(self.deposit, **changes)  # type: ignore[arg-type]  # fields of it
        return self if deposit == self.deposit else self._changed(now, deposit=deposit)

    def _must_be_unpaid(self) -> None:
        self._must_be(*LIVE)
        if self.deposit.status is DepositStatus.PAID:
            raise BookingMoveRefused("Not possible once the deposit is paid.")

    def consent_to_photos(self, *, given: bool, record: PhotoConsent) -> Self:
        """In any state: a client may change their mind when all is done. The same answer again changes
        nothing, and leaves the record of the first."""
        if self.consent is not None and self.consent_photos is given:
            return self
        return self._changed(record.set_at, consent_photos=given, consent=record)

    def must_take_photos(self, *, consent_overridden: bool) -> None:
        """Raises BookingMoveRefused for a visit that was called off, ConsentMissing without the client's word
        or an administrator's reason."""
        self._must_be(*LIVE, BookingStatus.DONE)
        if not (self.consent_photos or consent_overridden):
            raise ConsentMissing

    def _called_off(self, cancelled: Cancellation) -> Self:
        return self._changed(
            cancelled.at,
            status=BookingStatus.CANCELLED,
            cancelled=cancelled,
            deposit=self._deposit_becomes(DepositStatus.EXPIRED),
        )

    def _deposit_becomes(self, status: DepositStatus) -> BookedDeposit:
        """What was asked for and not paid ends so; anything else stays. What is waived is not required."""
        if self.deposit.status not in OPEN:
            return self.deposit
        required = self.deposit.required and status is not DepositStatus.WAIVED
        return replace(self.deposit, status=status, required=required)

    def _require_no_open_clock(self) -> None:
        if self.work_state in OPEN_WORK:
            raise WorkInProgress

    def _must_be(self, *allowed: BookingStatus) -> None:
        if self.status not in allowed:
            raise BookingMoveRefused(f"Not possible while the booking is {self.status}.")

    def _changed(self, now: datetime, **changes: object) -> Self:
        return replace(self, version=self.version + 1, updated_at=now, **changes)  # type: ignore[arg-type]  # fields of this class


def hold_until(created_at: datetime, starts_at: datetime, ttl_minutes: int) -> datetime:
    """How long an unpaid deposit keeps the time: never beyond the start."""
    return min(starts_at, created_at + timedelta(minutes=ttl_minutes))
