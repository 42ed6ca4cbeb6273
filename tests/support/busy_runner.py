"""A runner that waits for its couriers, and writes into the file it is told which processes these are."""

import asyncio
import os
import sys
from pathlib import Path

import uvloop

from adapters.processes.couriers import CourierProcesses, Nursery
from tests.support.eventually import eventually
from tests.support.measures import Heard
from tests.support.processes import group_of
from tests.support.shipments import POISONED, export

PROCESSES = 4
"""The nursery, everybody's courier, two of one message each."""


async def main(told: Path) -> None:
    couriers = CourierProcesses(Nursery(POISONED, os.environ), Heard())
    alone = (export({"poison": deed}, leases_lost=1) for deed in ("hang", "hold"))
    async with asyncio.TaskGroup() as tasks:
        for shipment in (export({"poison": "hang"}), *alone):
            tasks.create_task(couriers.carry(shipment))
        await eventually(lambda: len(group_of(couriers.nursery.process_id)) == PROCESSES)
        draft = told.with_suffix(".draft")
        draft.write_text(" ".join(map(str, group_of(couriers.nursery.process_id))))
        draft.rename(told)


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1])))
