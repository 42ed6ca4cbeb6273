"""Couriers whose webhooks do what their message says: raise, hang, hold up the loop, or end the process."""

import os
import time

import anyio
import msgspec

from adapters.h11.kept_lines import KeptLines
from adapters.h11.webhooks import H11WebhookSender
from application.ports.webhooks import WebhookCall
from entrypoints.courier.program import main
from entrypoints.sending.exports import KEEP_SECONDS

DEATH, AGES = 9, 3600


class PoisonedSender(H11WebhookSender):
    async def post(self, call: WebhookCall) -> int:
        deed = msgspec.json.decode(call.body)["data"].get("poison")
        if deed == "exit":
            os._exit(DEATH)
        if deed == "raise":
            raise ZeroDivisionError
        if deed == "hang":
            await anyio.sleep_forever()
        if deed == "hold":
            time.sleep(AGES)  # noqa: ASYNC251  # as a calculation without an end
        return await super().post(call)


if __name__ == "__main__":
    main(lambda: PoisonedSender(kept=KeptLines(KEEP_SECONDS)))
