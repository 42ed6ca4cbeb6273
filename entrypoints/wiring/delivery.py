from dishka import Provider, Scope, provide, provide_all

from adapters.postgres.connection import JOB
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.booking.expire_bookings import ExpireBookingsHandler
from application.booking.remind_clients import RemindClientsHandler
from application.compliance.clean_up import CleanUpHandler
from application.delivery.deliver_due import DeliverDueHandler
from application.delivery.end_dead_leases import EndDeadLeasesHandler
from application.delivery.purge_leftovers import PurgeLeftoversHandler
from application.delivery.read_job_status import HeartbeatRule, ReadJobStatusHandler
from application.identity.purge_tries import PurgeTriesHandler
from application.identity.tell_lockouts import TellLockoutsHandler
from application.ports.canonical_json import CanonicalJson
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.job_locks import JobLocks
from application.ports.object_storage import ObjectStorage
from application.ports.runner_lives import RunnerLives
from application.ports.unit_of_work import UnitOfWork
from application.safety.seal_audit import SealAuditHandler
from application.storage.clear_stale_uploads import ClearStaleUploadsHandler
from application.storage.clear_tombstones import ClearTombstonesHandler, JanitorRules
from domain.compliance.retention import RetentionRules
from entrypoints.jobs.loop import JobLoop
from entrypoints.jobs.pulses import Pulses
from entrypoints.jobs.registry import JobRegistry
from entrypoints.settings import Settings


class DeliveryProvider(Provider):
    """What leaves the system, and what runs by the clock."""

    scope = Scope.APP
    handlers = provide_all(ReadJobStatusHandler)

    @provide
    def heartbeat_rule(self, settings: Settings) -> HeartbeatRule:
        outbox = settings.outbox
        return HeartbeatRule(
            required=outbox.job_heartbeat_required, ttl_seconds=outbox.job_heartbeat_ttl_seconds
        )

    @provide
    def jobs(
        self,
        uow: UnitOfWork,
        clock: Clock,
        ids: Identifiers,
        deliver_due: DeliverDueHandler,
        end_dead_leases: EndDeadLeasesHandler,
        canonical_json: CanonicalJson,
        locks: JobLocks,
        retention: RetentionRules,
        storage: ObjectStorage,
        janitor: JanitorRules,
    ) -> JobRegistry:
        """On transactions with the patience of a job, not of a request."""
        if not isinstance(uow, PostgresUnitOfWork):
            raise TypeError("Jobs run on PostgreSQL.")
        patient: UnitOfWork = uow.within(JOB)
        return JobRegistry(
            uow=patient,
            clock=clock,
            ids=ids,
            locks=locks,
            deliver_due=deliver_due,
            end_dead_leases=end_dead_leases,
            remind_clients=RemindClientsHandler(patient, clock),
            expire_bookings=ExpireBookingsHandler(patient, clock),
            clean_up=CleanUpHandler(patient, clock, retention),
            purge_leftovers=PurgeLeftoversHandler(patient, clock),
            seal_audit=SealAuditHandler(patient, canonical_json),
            purge_tries=PurgeTriesHandler(patient, clock),
            clear_stale_uploads=ClearStaleUploadsHandler(patient, clock, ids),
            clear_tombstones=ClearTombstonesHandler(patient, clock, storage, janitor),
            tell_lockouts=TellLockoutsHandler(patient, clock),
        )

    @provide
    def pulses(self, uow: UnitOfWork, clock: Clock, lives: RunnerLives) -> Pulses:
        return Pulses(uow, clock, lives.own)

    @provide
    def loop(self, settings: Settings, registry: JobRegistry, pulses: Pulses) -> JobLoop:
        """The default set, as `serve` runs it."""
        return JobLoop(
            jobs=registry.jobs(),
            pulses=pulses,
            grace_seconds=settings.general.shutdown_timeout_seconds,
        )
