"""An object that must be gone: written with the deletion of its row, kept until the store says that it is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

from domain.shared.ids import BookingId, OrgId, PhotoId, TombstoneId
from domain.storage.object_keys import EXTENSIONS, PhotoKeys

DAILY = timedelta(days=1)


class TombstoneState(StrEnum):
    PENDING = "pending"
    STUCK = "stuck"  # its attempts are used up: tried once a day, until it is gone


class Variant(StrEnum):
    ORIGINAL = "original"
    THUMBNAIL = "thumbnail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Persistence:
    """How long the janitor tries by the minute before it tries by the day."""

    most_attempts: int
    interval_seconds: int

    def wait_after(self, attempts: int) -> timedelta:
        """The interval after the first failure, twice as long after each further one."""
        return timedelta(seconds=self.interval_seconds * 2 ** (attempts - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """`stored_key` where the store named the object itself and the row still knew it. There is no state for
    done: then the tombstone goes too."""

    id: TombstoneId
    booking_id: BookingId
    photo_id: PhotoId
    variant: Variant
    key: str
    stored_key: str | None = None
    state: TombstoneState = TombstoneState.PENDING
    attempts: int = 0
    last_error: str | None = None
    next_attempt_at: datetime
    lease_expires_at: datetime | None = None
    created_at: datetime

    def is_due(self, now: datetime) -> bool:
        return self.next_attempt_at <= now and (self.lease_expires_at is None or self.lease_expires_at <= now)

    def claim(self, now: datetime, lease: timedelta) -> Self:
        return replace(self, lease_expires_at=now + lease)

    def fail(self, now: datetime, error: str, persistence: Persistence) -> Self:
        attempts = self.attempts + 1
        is_stuck = attempts >= persistence.most_attempts
        return replace(
            self,
            attempts=attempts,
            state=TombstoneState.STUCK if is_stuck else TombstoneState.PENDING,
            last_error=error,
            next_attempt_at=now + (DAILY if is_stuck else persistence.wait_after(attempts)),
            lease_expires_at=None,
        )

    def retry(self, now: datetime) -> Self:
        """Due at once, with all its attempts before it. Whoever is at it this moment is left to it."""
        return replace(self, state=TombstoneState.PENDING, attempts=0, next_attempt_at=now)


def tombstones_of(
    keys: PhotoKeys,
    now: datetime,
    new_id: Callable[[], UUID],
    stored_keys: Mapping[str, str] | None = None,
) -> tuple[Tombstone, ...]:
    """One for each object that the photo may have: canonical, thumbnail and every alias of both.

    `stored_keys` by key, where they are known and differ."""
    known = stored_keys or {}

    def of(variant: Variant, names: tuple[str, ...]) -> Iterator[Tombstone]:
        for key in names:
            yield Tombstone(
                id=TombstoneId(new_id()),
                booking_id=keys.booking_id,
                photo_id=keys.photo_id,
                variant=variant,
                key=key,
                stored_key=known.get(key),
                next_attempt_at=now,
                created_at=now,
            )

    return (*of(Variant.ORIGINAL, keys.originals), *of(Variant.THUMBNAIL, keys.thumbnails))


def tombstones_of_upload(
    org_id: OrgId, booking_id: BookingId, photo_id: PhotoId, now: datetime, new_id: Callable[[], UUID]
) -> tuple[Tombstone, ...]:
    """For what an upload that never ended may have put: canonical keys alone, any kind of picture."""
    every = [
        PhotoKeys(org_id=org_id, booking_id=booking_id, photo_id=photo_id, extension=extension)
        for extension in EXTENSIONS
    ]
    written = {keys.original for keys in every} | {keys.thumbnail for keys in every}
    found = {
        tombstone.key: tombstone
        for keys in every
        for tombstone in tombstones_of(keys, now, new_id)
        if tombstone.key in written
    }
    return tuple(found.values())
