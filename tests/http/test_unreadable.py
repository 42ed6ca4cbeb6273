"""What is no HTTP never reaches the application, and is answered like everything else all the same."""

import asyncio

import pytest
from litestar import Litestar
from uvicorn.server import ServerState

from entrypoints.http.server import server_config
from entrypoints.settings.groups import GeneralSettings


@pytest.mark.parametrize(("env", "hsts"), [("dev", False), ("prod", True)])
@pytest.mark.parametrize(
    "sent", [b"GARBAGE\r\n\r\n", b"GET /\x00 HTTP/1.1\r\n\r\n", b"BREW / HTTP/1.1\r\n\r\n"]
)
async def test_it_is_a_problem_with_every_header(env: str, hsts: bool, sent: bytes) -> None:
    config = server_config(Litestar(openapi_config=None), GeneralSettings(app_env=env))  # type: ignore[arg-type]
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    protocol = config.http_protocol_class
    server = await loop.create_server(
        lambda: protocol(config=config, server_state=state, app_state={}),  # type: ignore[call-arg]
        "127.0.0.1",
        0,
    )
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        writer.write(sent)
        answer = (await reader.read()).decode()
        writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 400")
    assert '"type":"malformed_request"' in body
    assert "x-frame-options: DENY" in head
    assert "server:" not in head.lower()
    assert ("strict-transport-security: max-age=31536000" in head) is hsts
