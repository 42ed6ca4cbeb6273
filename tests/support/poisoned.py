"""`sweepline` whose webhooks do what their message says: raise, hang, or end the process."""

import os

import anyio
import msgspec

import adapters.h11.webhooks as place
from application.ports.webhooks import WebhookCall
from entrypoints.cli.main import main

DEATH = 9


class PoisonedSender(place.H11WebhookSender):
    async def post(self, call: WebhookCall) -> int:
        deed = msgspec.json.decode(call.body)["data"].get("poison")
        if deed == "exit":
            os._exit(DEATH)
        if deed == "raise":
            raise ZeroDivisionError
        if deed == "hang":
            await anyio.sleep_forever()
        return await super().post(call)


if __name__ == "__main__":
    import entrypoints.wiring.exports as wiring

    wiring.H11WebhookSender = PoisonedSender  # type: ignore[attr-defined]  # the provider looks it up here
    main()
