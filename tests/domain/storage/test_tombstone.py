from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from domain.shared.ids import OrgId
from domain.storage.tombstone import Persistence, TombstoneState, Variant, tombstones_of
from tests.support.photo_keys import photo_keys

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIVE = Persistence(most_attempts=5, interval_seconds=30)


def new_id() -> UUID:
    return UUID(int=uuid7().int)


def test_a_photo_leaves_one_for_each_object_that_it_may_have() -> None:
    keys = photo_keys(OrgId(new_id()))
    made = tombstones_of(keys, NOW, new_id, {keys.thumbnail: "elsewhere"})
    assert tuple(one.key for one in made) == keys.every
    assert {one.key for one in made if one.variant is Variant.THUMBNAIL} == set(keys.thumbnails)
    assert {one.stored_key for one in made if one.key != keys.thumbnail} == {None}
    assert all(one.is_due(NOW) for one in made)


def test_failures_come_again_later_each_time_and_at_last_daily() -> None:
    tombstone = tombstones_of(photo_keys(OrgId(new_id())), NOW, new_id)[0]
    waits, states = [], []
    for _ in range(6):
        tombstone = tombstone.fail(NOW, "upstream_unavailable", FIVE)
        waits.append(int((tombstone.next_attempt_at - NOW).total_seconds()))
        states.append(tombstone.state)
    assert waits == [30, 60, 120, 240, 86400, 86400]
    assert states == [TombstoneState.PENDING] * 4 + [TombstoneState.STUCK] * 2
    again = tombstone.retry(NOW)
    assert (again.state, again.attempts, again.next_attempt_at) == (TombstoneState.PENDING, 0, NOW)


def test_a_lease_keeps_others_away_until_it_ends() -> None:
    tombstone = tombstones_of(photo_keys(OrgId(new_id())), NOW, new_id)[0].claim(NOW, timedelta(minutes=5))
    assert not tombstone.is_due(NOW + timedelta(minutes=4, seconds=59))
    assert tombstone.is_due(NOW + timedelta(minutes=5))
