"""`sweepline` whose webhooks do what their message says: raise, hang, or end their process."""

import sys

import entrypoints.wiring.couriers as wiring
from entrypoints.cli.main import main

if __name__ == "__main__":
    wiring.PROGRAM = (sys.executable, "-P", "-m", "tests.support.poisoned_courier")
    main()
