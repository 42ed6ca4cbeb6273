from dishka import Provider, Scope, provide, provide_all

from adapters.memory.job_locks import MemoryJobLocks
from adapters.postgres.job_locks import PostgresJobLocks
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.booking.remind_clients import ScanForMailHandler
from application.delivery.list_emails import ListEmailsHandler
from application.delivery.suppressing import ListSuppressionsHandler, RemoveSuppressionHandler
from application.ports.job_locks import JobLocks
from application.ports.unit_of_work import UnitOfWork


class RemindersProvider(Provider):
    """Reminders, mails to look at, and whom none goes to."""

    scope = Scope.APP
    handlers = provide_all(
        ListEmailsHandler, ListSuppressionsHandler, RemoveSuppressionHandler, ScanForMailHandler
    )

    @provide
    def job_locks(self, uow: UnitOfWork) -> JobLocks:
        return PostgresJobLocks(uow) if isinstance(uow, PostgresUnitOfWork) else MemoryJobLocks()
