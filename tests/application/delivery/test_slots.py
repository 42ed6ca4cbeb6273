from collections import Counter
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from application.delivery.slots import DeliverySlots
from application.ports.outbox import DueMessage
from domain.shared.ids import EventId, OrgId

A, B, C = (OrgId(UUID(int=n)) for n in (1, 2, 3))


def due(org_id: OrgId, count: int) -> list[DueMessage]:
    return [DueMessage(org_id, EventId(UUID(int=org_id.int * 1000 + n))) for n in range(count)]


def counted(slots: DeliverySlots, messages: list[DueMessage]) -> dict[OrgId, int]:
    return {org_id: len(ids) for org_id, ids in slots.choose(messages).items()}


def test_places_go_round() -> None:
    assert counted(DeliverySlots(3, 4), due(A, 100) + due(B, 100) + due(C, 1)) == {A: 1, B: 1, C: 1}


def test_no_organisation_has_more_than_its_share_while_another_waits() -> None:
    assert counted(DeliverySlots(16, 4), due(A, 100) + due(B, 100)) == {A: 4, B: 4}


def test_alone_it_may_have_every_place() -> None:
    assert counted(DeliverySlots(16, 4), due(A, 100)) == {A: 16}
    assert counted(DeliverySlots(1, 4), due(A, 100)) == {A: 1}


def test_who_comes_while_another_has_every_place_gets_one_beyond_them() -> None:
    slots = DeliverySlots(16, 4)
    for _ in range(16):
        slots.take(A)
    assert counted(slots, due(A, 9)) == {}
    assert counted(slots, due(A, 9) + due(B, 9)) == {B: 4}
    assert counted(slots, due(A, 9) + due(B, 9) + due(C, 1)) == {B: 3, C: 1}
    for _ in range(4):
        slots.take(B)
    assert counted(slots, due(C, 1)) == {}
    for _ in range(12):
        slots.give_back(A)
    assert counted(slots, due(A, 9) + due(C, 9)) == {C: 4}  # at its share again, as B is


def test_who_was_served_last_comes_last() -> None:
    slots = DeliverySlots(1, 1)
    order = [next(iter(slots.choose(due(A, 9) + due(B, 9) + due(C, 9)))) for _ in range(6)]
    assert order == [A, B, C, A, B, C]


def test_what_is_in_flight_counts() -> None:
    slots = DeliverySlots(16, 4)
    for _ in range(4):
        slots.take(A)
    assert counted(slots, due(A, 5) + due(B, 1)) == {B: 1, A: 5}  # alone once B has been served
    slots.take(B)
    assert slots.free == 11
    slots.give_back(A)
    assert slots.free == 12


def test_the_earliest_of_an_organisation_goes_first() -> None:
    messages = due(A, 3)
    assert DeliverySlots(2, 2).choose(messages) == {A: [m.event_id for m in messages[:2]]}


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8), st.integers(1, 20), st.integers(1, 6))
def test_a_hundred_thousand_rows_delay_nobody(waiting: list[int], total: int, per_org: int) -> None:
    """Whatever waits: places are never overbooked, and a claim round serves each organisation before
    any is served twice."""
    slots = DeliverySlots(total, per_org)
    messages = [m for n, count in enumerate(waiting) for m in due(OrgId(UUID(int=n + 1)), count)]
    chosen = slots.choose(messages)
    orgs_waiting = len({m.org_id for m in messages})
    assert sum(map(len, chosen.values())) <= total
    assert len(chosen) == min(orgs_waiting, total)
    assert Counter(m.org_id for m in messages) >= Counter({o: len(ids) for o, ids in chosen.items()})
