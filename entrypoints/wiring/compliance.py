from dishka import Provider, Scope, provide, provide_all

from application.compliance.clean_up import CleanUpHandler, CleanUpNowHandler
from domain.compliance.retention import RetentionClass, RetentionRules
from entrypoints.settings import Settings


class ComplianceProvider(Provider):
    """How long what companies hold is kept."""

    scope = Scope.APP
    handlers = provide_all(CleanUpHandler, CleanUpNowHandler)

    @provide
    def retention(self, settings: Settings) -> RetentionRules:
        given = settings.retention
        return RetentionRules(
            {
                RetentionClass.OUTBOX: given.outbox_days,
                RetentionClass.OUTBOX_DEAD: given.outbox_dead_days,
                RetentionClass.EMAIL_LOG: given.email_days,
                RetentionClass.EXPORTS: given.export_days,
                RetentionClass.SESSIONS: given.session_days,
            },
            given.chunk,
        )
