import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

ZONES = ["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Europe/Berlin"]


@contextmanager
def living_in(zone: str) -> Iterator[None]:
    """The zone that this very process takes for its own."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()
