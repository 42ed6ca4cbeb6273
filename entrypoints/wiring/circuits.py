"""One circuit breaker for each part of the world that may be away, shared by all processes."""

from dishka import Provider, Scope, provide

from application.circuit_breaking import SharedCircuitBreakers
from application.ports.circuit_breakers import CircuitBreakers
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import UnitOfWork
from domain.shared.circuit import CircuitPolicy
from entrypoints.settings import Settings
from entrypoints.wiring.mail import EMAIL


class CircuitsProvider(Provider):
    scope = Scope.APP

    @provide
    def breakers(
        self, settings: Settings, uow: UnitOfWork, clock: Clock, ids: Identifiers
    ) -> CircuitBreakers:
        """A circuit that is not named here has the usual policy."""
        email = settings.email
        policy = CircuitPolicy(
            failure_threshold=email.circuit_failure_threshold,
            window_seconds=email.circuit_window_seconds,
            recovery_seconds=email.circuit_recovery_seconds,
            trial_seconds=settings.outbox.lease_seconds,
        )
        return SharedCircuitBreakers(uow, clock, ids, {EMAIL: policy})
