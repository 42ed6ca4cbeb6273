"""One decoder for all tests of a process: to start one takes longer than most tests."""

import atexit
from functools import cache

from adapters.pillow.decoder import Decoder


@cache
def warm_decoder() -> Decoder:
    decoder = Decoder()
    atexit.register(decoder.close)
    return decoder
