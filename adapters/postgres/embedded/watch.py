"""A server that died is started again while somebody uses it."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.postgres.embedded.cluster import EmbeddedFailed
from adapters.postgres.embedded.server import EmbeddedPostgres

PAUSE_SECONDS = 1.0
logger = logging.getLogger("sweepline.database")


@contextmanager
def watched(server: EmbeddedPostgres) -> Iterator[None]:
    """For as long as the block runs. The processes of one home may all watch: one of them acts."""
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(server, done), name="embedded-postgres", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _watch(server: EmbeddedPostgres, done: threading.Event) -> None:
    while not done.wait(PAUSE_SECONDS):
        try:
            if server.revive():
                logger.warning("the embedded database had died and was started again")
        except (EmbeddedFailed, OSError):
            logger.exception("the embedded database died and does not start")
