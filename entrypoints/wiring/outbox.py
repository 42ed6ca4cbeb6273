from dishka import Provider, Scope, provide, provide_all

from adapters.postgres.connection import JOB
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.delivery.dead_exports import (
    ListDeadExportsHandler,
    ReadDeadExportHandler,
    ReplayExportHandler,
)
from application.delivery.deliver_due import DeliverDueHandler
from application.delivery.delivered_elsewhere import DeliveredElsewhere
from application.delivery.end_dead_leases import EndDeadLeasesHandler
from application.delivery.export_channel import Exports
from application.delivery.list_dead_letters import ListDeadMessagesHandler, ShowDeadLettersHandler
from application.delivery.read_exports import ListExportsHandler, ReadExportContentHandler
from application.delivery.read_outbox import ListMessagesHandler, ReadMessageHandler
from application.delivery.replay_dead import ReplayDeadHandler
from application.delivery.replay_message import ReplayMessageHandler
from application.delivery.replays import ReplayChecks
from application.delivery.rules import Channels, DeliveryRules
from application.delivery.slots import DeliverySlots
from application.ports.carrier import Carrier
from application.ports.circuit_breakers import CircuitBreakers
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.runner_lives import RunnerLives
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.retry_policy import RetryPolicy
from entrypoints.sending.exports import export_target
from entrypoints.settings import Settings


class OutboxProvider(Provider):
    """Looking at the outbox, and what the deployment says about deliveries."""

    scope = Scope.APP
    handlers = provide_all(
        ReplayChecks,
        DeliveredElsewhere,
        ListMessagesHandler,
        ReadMessageHandler,
        ListDeadMessagesHandler,
        ShowDeadLettersHandler,
        ReplayMessageHandler,
        ReplayDeadHandler,
        ListDeadExportsHandler,
        ListExportsHandler,
        ReadExportContentHandler,
        ReadDeadExportHandler,
        ReplayExportHandler,
    )

    @provide
    def rules(self, settings: Settings) -> DeliveryRules:
        outbox, email = settings.outbox, settings.email
        usual = RetryPolicy(
            max_attempts=outbox.max_attempts,
            base_backoff_seconds=outbox.base_backoff_seconds,
            max_backoff_seconds=outbox.max_backoff_seconds,
        )
        mail = policy(usual, email.max_retries, email.retry_backoff_seconds)
        given = settings.export
        export = policy(usual, given.export_webhook_max_retries, given.export_webhook_backoff_seconds)
        return DeliveryRules(
            lease_seconds=outbox.lease_seconds, usual=usual, by_kind={"email": mail, "export": export}
        )

    @provide
    def exports(self, settings: Settings) -> Exports:
        return Exports(export_target(settings))

    @provide
    def slots(self, settings: Settings) -> DeliverySlots:
        return DeliverySlots(settings.outbox.concurrency, settings.outbox.org_concurrency)

    @provide
    def carrier(self, channels: Channels) -> Carrier:
        """This very process; who has `CouriersProvider` too sends in processes beside it."""
        return channels

    @provide
    def deliver_due(
        self,
        uow: UnitOfWork,
        clock: Clock,
        ids: Identifiers,
        rules: DeliveryRules,
        channels: Channels,
        carrier: Carrier,
        slots: DeliverySlots,
        breakers: CircuitBreakers,
        lives: RunnerLives,
    ) -> DeliverDueHandler:
        """On transactions with the patience of a job, whoever asks for it."""
        return DeliverDueHandler(
            uow=uow.within(JOB) if isinstance(uow, PostgresUnitOfWork) else uow,
            clock=clock,
            ids=ids,
            rules=rules,
            channels=channels,
            slots=slots,
            breakers=breakers,
            runner=lives.own,
            carrier=carrier,
        )

    @provide
    def end_dead_leases(
        self, uow: UnitOfWork, clock: Clock, channels: Channels, lives: RunnerLives
    ) -> EndDeadLeasesHandler:
        patient = uow.within(JOB) if isinstance(uow, PostgresUnitOfWork) else uow
        return EndDeadLeasesHandler(uow=patient, clock=clock, channels=channels, lives=lives)


def policy(usual: RetryPolicy, retries: int | None, base: int | None) -> RetryPolicy:
    """The usual one, with what is set for one kind of message in its place."""
    return RetryPolicy(
        max_attempts=usual.max_attempts if retries is None else retries + 1,
        base_backoff_seconds=usual.base_backoff_seconds if base is None else base,
        max_backoff_seconds=usual.max_backoff_seconds,
    )
