"""Standard input, output and error, whoever starts us."""

import os
import sys


def fill_standard_places() -> None:
    """Where one is closed, the next thing that is opened would be in its place: a socket that hears what was
    meant for the log, or that libuv ends the process for when it is closed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free: this very one
            os.set_inheritable(number, True)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:  # so it is where the place was closed
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8"))
