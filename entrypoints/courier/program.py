"""`python -m entrypoints.courier`: where a runner's couriers are forked. Orders come by standard input."""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Callable
from types import TracebackType

import uvloop

from adapters.processes.carrying import carry_for
from adapters.processes.nursery import fork_couriers, orders_by_input
from application.ports.webhooks import WebhookSender
from entrypoints.courier.carrier import Equipment, kept_sender
from entrypoints.logs import configure_logging
from entrypoints.settings import load_settings

logger = logging.getLogger("sweepline.couriers")


def main(make_sender: Callable[[], WebhookSender] = kept_sender) -> None:
    settings = load_settings(os.environ)
    configure_logging(settings.general)
    sys.excepthook = tell_the_end
    orders = orders_by_input()
    equipment = Equipment.of(settings, make_sender())

    def work(connection: socket.socket) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(carry_for(connection, equipment.open_carrier))

    fork_couriers(orders, work)


def tell_the_end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """By a line of the log, as everything else."""
    logger.critical("the couriers' nursery broke", exc_info=(kind, error, trace))
