from dishka import Provider, Scope, provide, provide_all

from adapters.rfc8785.canonical_json import Rfc8785CanonicalJson
from application.ports.canonical_json import CanonicalJson
from application.safety.break_glass import (
    ListBreakGlassHandler,
    RevokeBreakGlassHandler,
    StartBreakGlassHandler,
)
from application.safety.lift_read_only import LiftReadOnlyHandler, RecordFailedWriteHandler
from application.safety.read_audit import ListAuditHandler, ReadAuditHandler
from application.safety.seal_audit import SealAuditHandler
from application.safety.verify_audit import VerifyAuditHandler


class SafetyProvider(Provider):
    """The audit log and the way past read-only mode."""

    scope = Scope.APP
    handlers = provide_all(
        SealAuditHandler,
        ListAuditHandler,
        ReadAuditHandler,
        VerifyAuditHandler,
        StartBreakGlassHandler,
        ListBreakGlassHandler,
        RevokeBreakGlassHandler,
        LiftReadOnlyHandler,
        RecordFailedWriteHandler,
    )

    @provide
    def canonical_json(self) -> CanonicalJson:
        return Rfc8785CanonicalJson()
