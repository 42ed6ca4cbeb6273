"""What a runner and its couriers say to each other: MessagePack, each message led by its length."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from struct import Struct as Packing
from typing import cast

import msgspec

from application.ports.carrier import Receipt, Shipment
from application.ports.measures import Counted
from domain.delivery.faults import Fault

_LENGTH = Packing("!I")


class Order(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """Numbers are the runner's, for one courier.

    What is to be carried is a message of its own: where that cannot be read, nothing else is harmed."""

    number: int
    packed: bytes


class Cancel(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Nobody waits for it any more."""

    number: int


class Ready(msgspec.Struct, frozen=True, array_like=True, tag=3):
    pid: int


class Beat(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """While it has orders: nothing holds up its loop."""


class Arrived(msgspec.Struct, frozen=True, array_like=True, tag=5):
    number: int
    receipt: Receipt


class Refused(msgspec.Struct, frozen=True, array_like=True, tag=6):
    number: int
    fault: Fault


class Broke(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """A fault of ours; the courier's log has its story."""

    number: int


class Counts(msgspec.Struct, frozen=True, array_like=True, tag=8):
    counted: Sequence[Counted]


type ToCourier = Order | Cancel
type ToRunner = Ready | Beat | Arrived | Refused | Broke | Counts
BY_COURIER: msgspec.msgpack.Decoder[ToCourier] = msgspec.msgpack.Decoder(Order | Cancel)
BY_RUNNER: msgspec.msgpack.Decoder[ToRunner] = msgspec.msgpack.Decoder(
    Ready | Beat | Arrived | Refused | Broke | Counts
)
_ENCODER = msgspec.msgpack.Encoder()
_SHIPMENT = msgspec.msgpack.Decoder(Shipment)
_IN_JSON = b"{"
"""No map of MessagePack begins so."""


def pack(shipment: Shipment) -> bytes:
    """A whole number beyond 64 bits, which the payload may hold, has no words but JSON's."""
    try:
        return _ENCODER.encode(shipment)
    except OverflowError:
        return msgspec.json.encode(shipment)


def unpack(packed: bytes) -> Shipment:
    if packed.startswith(_IN_JSON):
        return msgspec.json.decode(packed, type=Shipment)
    return _SHIPMENT.decode(packed)


class Line[Heard](asyncio.Protocol, ABC):
    """One end of a connection: whole messages of one type come in, any go out."""

    def __init__(self, decoder: msgspec.msgpack.Decoder[Heard]) -> None:
        self._decoder = decoder
        self._transport: asyncio.WriteTransport | None = None
        self._rest = bytearray()

    @abstractmethod
    def hear(self, message: Heard) -> None: ...

    def say(self, message: msgspec.Struct) -> None:
        """Nothing, where the other end is gone."""
        if self._transport is not None:
            body = _ENCODER.encode(message)
            self._transport.write(_LENGTH.pack(len(body)) + body)

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # of a stream socket

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._rest += data
        at = 0
        while (begin := at + _LENGTH.size) <= len(self._rest):
            (length,) = _LENGTH.unpack_from(self._rest, at)
            if begin + length > len(self._rest):
                break
            at = begin + length
            self.hear(self._decoder.decode(memoryview(self._rest)[begin:at]))
        del self._rest[:at]
