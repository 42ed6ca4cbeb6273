"""Gate 2: how much anybody may ask for (identity page, §9)."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Protocol

from litestar import Request

from application.ports.rate_limits import Rate, RateLimits, Tally
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor
from domain.identity.errors import IdempotencyKeyRequired
from domain.shared.errors import TooMany
from domain.shared.ids import OrgId
from entrypoints.http.once import was_done

LIMITED_BY = "limited_by"  # where it keeps which limit refused the request, for the metrics
TALLY = "tally"  # where the request's state keeps the tightest of its limits
CAP = Rate(600)  # of what is exempt from the general limits, each by itself
NETWORK_BITS = 64  # what one household is given of IPv6

State = dict[str, Any]


class Callers(Protocol):
    def named_by(self, authorization: str) -> str | None:
        """Whose credential this is, told by the credential alone and cheaply; None if it is not genuine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    limits: RateLimits
    callers: Callers
    per_address: Rate
    per_caller: Rate
    per_action: Rate

    async def refusal(
        self, state: State, authorization: str | None, address: str | None, exempt: str | None
    ) -> TooMany | None:
        """Counts a request; `exempt` names what it is if the general limits are not for it."""
        if exempt is not None:
            tally = await self.limits.spend(f"{exempt}:{network_of(address)}", CAP)
            return None if tally.admitted else self._refused(state, tally, "cap")
        caller = None if authorization is None else self.callers.named_by(authorization)
        if caller is None:
            scope, key, rate = "address", network_of(address), self.per_address
        else:
            scope, key, rate = "caller", caller, self.per_caller
        tally = state[TALLY] = await self.limits.spend(f"{scope}:{key}", rate)
        return None if tally.admitted else self._refused(state, tally, scope)

    async def spend_caller(self, state: State, caller: str) -> None:
        """For a caller whom only a proved password names. Told any sooner, as by its token, the limits would
        tell a right guess from a wrong one. Raises TooMany."""
        await self._spend_too(state, f"caller:{caller}", self.per_caller)

    async def spend_action(self, state: State, org_id: OrgId, action: str) -> None:
        """Raises TooMany."""
        await self._spend_too(state, f"action:{org_id}:{action}", self.per_action)

    async def _spend_too(self, state: State, key: str, rate: Rate) -> None:
        tally = await self.limits.spend(key, rate)
        if not tally.admitted:
            raise self._refused(state, tally, key.partition(":")[0])
        general: Tally | None = state.get(TALLY)
        if general is None or tally.remaining < general.remaining:
            state[TALLY] = tally

    @staticmethod
    def _refused(state: State, tally: Tally, scope: str) -> TooMany:
        state[TALLY], state[LIMITED_BY] = tally, scope
        wait = tally.reset_seconds
        return TooMany(
            f"More than {tally.limit} in a minute. The next one fits in {wait} s.", retry_after_seconds=wait
        )


@lru_cache(4096)
def network_of(address: str | None) -> str:
    """Whom an address stands for. Those whose address is unknown share what one address has."""
    if address is None:
        return "unknown"
    if not isinstance(ip_address(address), IPv6Address):
        return address
    return str(ip_network((address, NETWORK_BITS), strict=False).network_address)


def rate_headers(tally: Tally) -> list[tuple[bytes, bytes]]:
    return [
        (b"ratelimit-limit", b"%d" % tally.limit),
        (b"ratelimit-remaining", b"%d" % tally.remaining),
        (b"ratelimit-reset", b"%d" % tally.reset_seconds),
    ]


async def spend_action(request: Request[Any, Any, Any], action: str, *, needs_key: bool) -> None:
    """One of what the caller's organisation may do of this in a minute; a replayed answer spends none, and so
    does a request without the key that it needs."""
    state = request.scope["state"]
    container = state["dishka_container"]
    actor = await container.get(Actor)
    if actor.once is None and needs_key:
        raise IdempotencyKeyRequired
    if actor.once is not None and await was_done(await container.get(UnitOfWork), actor):
        return
    meter: Meter = await container.get(Meter)
    await meter.spend_action(state, actor.org_id, action)
