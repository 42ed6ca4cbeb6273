"""What a request brings into its own container."""

from typing import Any, NewType

from dishka import Provider, Scope, from_context, provide

from domain.identity.actor import Actor
from domain.shared.errors import Unauthenticated

RequestState = NewType("RequestState", dict[str, Any])


class RequestProvider(Provider):
    state = from_context(RequestState, scope=Scope.REQUEST)

    @provide(scope=Scope.REQUEST)
    def actor(self, state: RequestState) -> Actor:
        """The caller that the gates let through."""
        actor: Actor | None = state.get("actor")
        if actor is None:
            raise Unauthenticated
        return actor
