"""What a request brings into its own container."""

from dataclasses import replace
from typing import Any, NewType

from dishka import Provider, Scope, from_context, provide

from application.identity.origin import Origin
from domain.identity.actor import Actor
from domain.shared.errors import Unauthenticated
from entrypoints.http.once import KEYED_REQUEST, claim_of
from entrypoints.http.request_context import CONTEXT, RequestContext
from entrypoints.http.scheduler import BY_SCHEDULER, Caller

RequestState = NewType("RequestState", dict[str, Any])


class RequestProvider(Provider):
    scope = Scope.REQUEST
    state = from_context(RequestState)

    @provide
    async def actor(self, state: RequestState) -> Actor:
        """The caller that the gates let through, with the claim of its Idempotency-Key if it sent one."""
        return await self._claiming(state)

    @provide
    async def caller(self, state: RequestState) -> Caller:
        """Of a scheduled route: the actor, or the scheduler."""
        by_scheduler = state.get(BY_SCHEDULER, False)
        return Caller(None if by_scheduler else await self._claiming(state), state[CONTEXT])

    @staticmethod
    async def _claiming(state: RequestState) -> Actor:
        actor: Actor | None = state.get("actor")
        if actor is None:
            raise Unauthenticated
        if (request := state.get(KEYED_REQUEST)) is None:
            return actor
        return replace(actor, once=await claim_of(request, actor))

    @provide
    def origin(self, state: RequestState) -> Origin:
        context: RequestContext = state[CONTEXT]
        return Origin(context.request_id, context.client_address, context.user_agent)
