"""The program that couriers are forked from. Loaded once; single-threaded, and without a loop of its own."""

import gc
import logging
import os
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_ONE_CONNECTION = 1
logger = logging.getLogger("sweepline.couriers")


def orders_by_input() -> socket.socket:
    """What this process got as its standard input, which it has none of from now on."""
    orders = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return orders


def fork_couriers(orders: socket.socket, work: Callable[[socket.socket], None]) -> None:
    """One for each connection that comes, until `orders` ends: then all end, whatever they do. Never returns
    otherwise. In a courier `work` gets the connection, and the courier ends when that returns."""
    if os.getpgrp() != os.getpid():
        os.setsid()
    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, signal.SIG_IGN)  # a stop is the runner's business: it needs them till then
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended: the kernel buries them
    gc.collect()
    gc.freeze()
    while True:
        sign, connections, _flags, _address = socket.recv_fds(orders, 1, _ONE_CONNECTION)
        if not sign:
            os.killpg(0, signal.SIGKILL)
        for number in connections:
            with socket.socket(fileno=number) as connection:
                if _is_courier():
                    orders.close()
                    _be_courier(connection, work)


def _is_courier() -> bool:
    """Where the system forks no more, the connection ends unused, and its runner knows."""
    try:
        return os.fork() == 0
    except OSError:
        logger.exception("no courier could be forked")
        return False


def _be_courier(connection: socket.socket, work: Callable[[socket.socket], None]) -> None:
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold what is nobody's business
        with suppress(OSError):  # where memory is short we go before the runner
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
        work(connection)
        status = 0
    except BaseException:
        logger.exception("a courier broke")
    finally:
        os._exit(status)
