import asyncio
import sys
from collections.abc import Callable

import uvloop


def take_for_ever(protocol: Callable[[], asyncio.Protocol]) -> None:
    """At 127.0.0.1 and the port that the command line names, until the process is ended."""

    async def serve(port: int) -> None:
        server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port, backlog=1000)
        await server.serve_forever()

    uvloop.run(serve(int(sys.argv[1])))
