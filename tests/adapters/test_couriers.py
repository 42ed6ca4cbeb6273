"""Messages are carried by processes beside the runner: what ends one takes nobody along twice (ADR 0011)."""

import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast
from uuid import uuid4

import anyio
import pytest

from adapters.processes.couriers import CourierProcesses, Nursery
from application.ports.carrier import CarrierLost, CarrierMissing, Receipt, Shipment
from application.ports.measures import Counted, Figure
from domain.delivery.faults import DeliveryFailed, Fault
from domain.delivery.outbox_event import OutboxEvent
from domain.shared.ids import EventId, OrgId
from domain.tenancy.org import OrgProfile
from tests.support.eventually import eventually
from tests.support.inbox import Answer, Inbox, receiving
from tests.support.measures import Heard
from tests.support.processes import group_of, is_running
from tests.support.shipments import NOW, POISONED, couriers_environment, export

BUSY = Answer(status="429 Too Many Requests", headers="Retry-After: 120\r\n")
NO_ANSWER = Answer(after_seconds=60)


def answer(_event_id: str, body: bytes) -> Answer:
    return BUSY if b"busy" in body else NO_ANSWER if b"silence" in body else Answer()


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    with receiving(Inbox(answer)) as inbox:
        yield inbox


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("couriers")


@pytest.fixture(scope="module")
def environment(inbox: Inbox, home: Path) -> Mapping[str, str]:
    return couriers_environment(home, inbox.url)


@pytest.fixture(scope="module")
def nursery(environment: Mapping[str, str]) -> Iterator[Nursery]:
    """One for all tests; their couriers are their own."""
    nursery = Nursery(POISONED, environment)
    yield nursery
    nursery.close()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def couriers(nursery: Nursery, heard: Heard) -> AsyncIterator[CourierProcesses]:
    couriers = CourierProcesses(nursery, heard)
    yield couriers
    couriers.hang_up()


NOT_TRIED = "not tried"
type Fate = Receipt | Fault | str | None
"""None: lost."""


async def fate(couriers: CourierProcesses, shipment: Shipment) -> Fate:
    try:
        return await couriers.carry(shipment)
    except DeliveryFailed as failed:
        return failed.fault
    except CarrierLost:
        return None
    except CarrierMissing:
        return NOT_TRIED


async def fates(couriers: CourierProcesses, *shipments: Shipment) -> list[Fate]:
    """Side by side, and in order."""
    found: dict[EventId, Fate] = {}

    async def carry(shipment: Shipment) -> None:
        found[shipment.event.id] = await fate(couriers, shipment)

    async with anyio.create_task_group() as tasks:
        for shipment in shipments:
            tasks.start_soon(carry, shipment)
    return [found[shipment.event.id] for shipment in shipments]


async def test_what_arrives_and_what_is_refused_comes_back_as_it_was_said(
    couriers: CourierProcesses, inbox: Inbox
) -> None:
    large = export({"text": "é" * 4_000_000})
    shipments = [*(export() for _ in range(20)), export({"mood": "busy"}), large]
    *arrived, busy, heavy = await fates(couriers, *shipments)
    assert arrived == [Receipt(http_status=204)] * 20
    assert heavy == Receipt(http_status=204)
    assert busy == Fault(code="status_429", permanent=False, retry_after_seconds=120, http_status=429)
    assert {str(shipment.event.id) for shipment in shipments} <= set(inbox.counts)


async def test_a_fault_of_ours_is_told_and_costs_the_others_nothing(couriers: CourierProcesses) -> None:
    broken, good = await fates(couriers, export({"poison": "raise"}), export())
    assert broken == Fault(code="connection_failed", permanent=False, of_the_line=False)
    assert good == Receipt(http_status=204)


@pytest.mark.parametrize("deed", ["exit", "hold"])
async def test_what_ends_or_holds_up_a_courier_loses_what_was_with_it_and_nothing_later(
    couriers: CourierProcesses, deed: str
) -> None:
    lost = await fates(couriers, *(export({"mood": "silence"}) for _ in range(3)), export({"poison": deed}))
    assert lost == [None] * 4
    assert await fate(couriers, export()) == Receipt(http_status=204)


async def test_what_was_lost_once_goes_alone(couriers: CourierProcesses) -> None:
    neighbours = [export({"mood": "busy"}) for _ in range(5)]
    suspects = [export({"poison": "exit"}, leases_lost=1), export(leases_lost=1), export(leases_lost=2)]
    found = await fates(couriers, *suspects, *neighbours)
    assert found[:3] == [None, Receipt(http_status=204), Receipt(http_status=204)]
    assert None not in found[3:]


async def test_who_gives_up_waiting_ends_the_attempt(couriers: CourierProcesses, inbox: Inbox) -> None:
    silent, alone = export({"mood": "silence"}), export({"mood": "silence"}, leases_lost=1)
    with anyio.move_on_after(1):
        await fates(couriers, silent, alone)
    assert inbox.counts[str(silent.event.id)] == inbox.counts[str(alone.event.id)] == 1
    await eventually(lambda: {str(silent.event.id), str(alone.event.id)} <= inbox.left)
    assert await fate(couriers, export()) == Receipt(http_status=204)


async def test_what_cannot_be_said_or_read_is_one_failed_message(
    couriers: CourierProcesses, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    silent, bad = export({"mood": "silence"}), export()
    unreadable = replace(bad, event=replace(bad.event, attempts=cast("int", "two")))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(couriers.carry, silent)
        with pytest.raises(UnicodeEncodeError):
            await couriers.carry(export({"text": "\ud800"}))
        assert await fate(couriers, unreadable) == Fault(code="connection_failed", permanent=False)
        assert await fate(couriers, export({"number": 2**70, "text": "ü"})) == Receipt(http_status=204)
        assert str(silent.event.id) in inbox.counts
        tasks.cancel_scope.cancel()
    couriers.hang_up()
    await anyio.sleep(0.05)
    assert "courier ended" not in caplog.text, "it still waited for what was never sent"


async def test_a_mail_is_composed_and_counted_in_the_courier(
    couriers: CourierProcesses, heard: Heard, home: Path
) -> None:
    profile = OrgProfile(
        name="Acme", timezone="Europe/Berlin", currency="EUR", created_at=NOW, updated_at=NOW
    )
    event = OutboxEvent(
        id=EventId(uuid4()),
        kind="email",
        event_type="request_received",
        dedupe_key="lead:1:request_received",
        payload={"to": "jane@example.com"},
        next_attempt_at=NOW,
        created_at=NOW,
    )
    receipt = await couriers.carry(Shipment(org_id=OrgId(uuid4()), event=event, profile=profile))
    assert (receipt.template_version, receipt.subject) == (1, "We received your request – Acme")
    assert (home / "sweepline" / "mail" / f"{event.id}.eml").exists()
    assert heard.counted == [Counted(Figure.EMAIL_ADAPTER_OUTCOMES, ("accepted",))]


async def test_a_nursery_that_died_or_stands_still_is_replaced_and_its_couriers_go_on(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    couriers = CourierProcesses(Nursery(POISONED, environment), Heard())
    try:
        assert await fate(couriers, export()) == Receipt(http_status=204)
        first = couriers.nursery.process_id or 0
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: not is_running(first))
        (usual,) = filter(is_running, group_of(first))
        assert await fates(couriers, export(), export(leases_lost=1)) == [Receipt(http_status=204)] * 2
        assert is_running(usual)

        monkeypatch.setattr("adapters.processes.courier.BEGIN_SECONDS", 0.8)
        monkeypatch.setattr("adapters.processes.courier.MOST_STILL_SECONDS", 0.3)
        second = couriers.nursery.process_id or 0
        os.kill(second, signal.SIGSTOP)
        never_begun = await fates(couriers, export(leases_lost=1), export())
        assert never_begun == [NOT_TRIED, Receipt(http_status=204)]
        with anyio.fail_after(20):
            while is_running(second):
                await fate(couriers, export(leases_lost=1))
        monkeypatch.undo()
        assert await fate(couriers, export(leases_lost=1)) == Receipt(http_status=204)
        assert len({first, second, couriers.nursery.process_id, None}) == 4
    finally:
        await couriers.close()
    await eventually(lambda: not is_running(usual))


async def test_what_no_courier_ever_began_was_not_tried() -> None:
    couriers = CourierProcesses(Nursery((sys.executable, "-c", "raise SystemExit(3)"), {}), Heard())
    assert await fate(couriers, export()) == NOT_TRIED
    await couriers.close()
    missing = CourierProcesses(Nursery(("/no/such/program",), {}), Heard())
    for _ in range(2):
        assert await fate(missing, export()) == NOT_TRIED
    await missing.close()


async def test_whoever_delivers_but_once_can_wait_for_the_first_courier(
    environment: Mapping[str, str], inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A nursery may take longer to load than a message waits: each run of a scheduler handed all back."""
    monkeypatch.setattr("adapters.processes.courier.BEGIN_SECONDS", 0.01)
    hasty, patient = (CourierProcesses(Nursery(POISONED, environment), Heard()) for _ in range(2))
    try:
        assert await fate(hasty, export()) == NOT_TRIED
        await patient.stand_ready(30)
        assert await fate(patient, export()) == Receipt(http_status=204)
    finally:
        await hasty.close()
        await patient.close()


async def test_a_courier_that_never_begins_is_waited_for_no_longer_than_was_said() -> None:
    couriers = CourierProcesses(Nursery((sys.executable, "-c", "input()"), {}), Heard())
    with anyio.fail_after(10):
        await couriers.stand_ready(0.1)
    await couriers.close()
