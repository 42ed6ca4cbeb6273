"""`python -m entrypoints.courier`: where a runner's couriers are forked. Orders come by standard input."""

import asyncio
import os
import socket
from collections.abc import Callable

import uvloop

from adapters.processes.carrying import carry_for
from adapters.processes.nursery import fork_couriers, orders_by_input
from application.ports.webhooks import WebhookSender
from entrypoints.courier.carrier import Equipment, kept_sender
from entrypoints.logs import configure_logging
from entrypoints.settings import load_settings


def main(make_sender: Callable[[], WebhookSender] = kept_sender) -> None:
    orders, settings = orders_by_input(), load_settings(os.environ)
    configure_logging(settings.general)
    equipment = Equipment.of(settings, make_sender())

    def work(connection: socket.socket) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(carry_for(connection, equipment.open_carrier))

    fork_couriers(orders, work)
