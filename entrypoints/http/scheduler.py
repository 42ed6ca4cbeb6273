"""The scheduler: whoever shows `SCHEDULER_TOKEN`, on the routes that are declared for it and nowhere else."""

from dataclasses import dataclass
from typing import Any

from litestar import Request

from domain.identity.actor import Actor, ActorKind
from domain.shared.ids import OrgId
from entrypoints.http.operator_token import carries
from entrypoints.http.request_context import RequestContext
from entrypoints.http.routes import SCHEDULED, RouteRules
from entrypoints.settings import Secret

BY_SCHEDULER = "by_scheduler"  # where the request's state keeps that it is the scheduler's


@dataclass(frozen=True, slots=True)
class Caller:
    """Of a scheduled route: somebody of an organisation; without an actor the scheduler, who is of none."""

    actor: Actor | None
    context: RequestContext

    def acting_for(self, org_id: OrgId, job: str) -> Actor:
        """The scheduler in one organisation: it does there what the job does by itself."""
        return Actor(
            org_id=org_id,
            kind=ActorKind.JOB,
            name=f"job:{job}",
            request_id=self.context.request_id,
            ip=self.context.client_address,
            user_agent=self.context.user_agent,
        )


def is_scheduler(request: Request[Any, Any, Any], rules: RouteRules, token: Secret | None) -> bool:
    """On every other route the token is one more bearer that nobody knows: 401."""
    return SCHEDULED in rules.traits and carries(request, token)
