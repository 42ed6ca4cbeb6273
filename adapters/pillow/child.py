"""The decoder's program: `python -m adapters.pillow.child`. Takes orders by its input, one at a time, and
ends with it, so that it outlives nobody.

Bytes of strangers are decoded in here and nowhere else. Memory, however much an image takes, belongs to this
process; a decoder that crashes, or never comes to an end, takes this process along and no other.
"""

import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

from adapters.pillow.cleaning import carry_out
from adapters.pillow.orders import Order

BESIDES_PIXELS = 256 * 1024 * 1024  # of addresses, most of them of libraries and never used
MOST_BYTES_A_PIXEL = 32  # a WebP with an alpha channel takes 25, whatever else 18 at most


def main() -> None:
    _come_second()
    for line in sys.stdin.buffer:
        order = Order.read(line)
        _limit_memory(order.most_pixels)
        signal.setitimer(signal.ITIMER_REAL, order.most_seconds)
        outcome = carry_out(order)
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.buffer.write(outcome.written())
        sys.stdout.buffer.flush()


def _come_second() -> None:
    """Behind the server, that is: a stop is its business, and while it ends its last uploads it needs us.
    Where memory is short, we go first. Time that has run out ends us in whatever library we are."""
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    for one in (signal.SIGALRM, signal.SIGPIPE):  # the latter where the server has gone
        signal.signal(one, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold a private photo
    with suppress(OSError):  # where the kernel has no such file the server's luck decides
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _limit_memory(pixels: int) -> None:
    if sys.platform == "linux":  # others know no such limit, or refuse it
        most, (_, hard) = BESIDES_PIXELS + MOST_BYTES_A_PIXEL * pixels, resource.getrlimit(resource.RLIMIT_AS)
        unlimited = hard == resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_AS, (most if unlimited else min(most, hard), hard))


if __name__ == "__main__":
    main()
