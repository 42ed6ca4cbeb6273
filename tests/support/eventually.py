from collections.abc import Callable

import anyio


async def eventually(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Waits for what something outside this process brings about. Raises TimeoutError."""
    with anyio.fail_after(seconds):
        while not holds():  # noqa: ASYNC110  # nobody could set an event
            await anyio.sleep(0.02)
