"""The second factor: on, renewed, off; and the proof that makes a session fresh."""

from functools import partial
from uuid import UUID

from dishka import FromDishka
from litestar import Controller

from application.identity.confirm_factor import ConfirmFactor, ConfirmFactorHandler
from application.identity.disable_factor import DisableFactor, DisableFactorHandler
from application.identity.enroll_factor import EnrollFactor, EnrollFactorHandler
from application.identity.renew_recovery_codes import RenewRecoveryCodes, RenewRecoveryCodesHandler
from domain.identity.actor import Actor, Need
from domain.shared.ids import UserId
from entrypoints.http.auth import oversized
from entrypoints.http.auth_bodies import proof_of, two_proofs
from entrypoints.http.once import answer_once
from entrypoints.http.routes import FRESH, post
from entrypoints.http.second_factor_bodies import (
    ConfirmFactorBody,
    DisableBody,
    DisabledAnswer,
    EnabledAnswer,
    EnrollBody,
    EnrolmentAnswer,
    RecoveryCodesAnswer,
    RenewBody,
)
from entrypoints.http.validation import refuse

CODE = {"code": "492039"}


class SecondFactorController(Controller):
    path = "/v1/auth/2fa"
    tags = ["auth"]

    @post(
        "/enroll",
        need=Need.SIGNED_IN,
        summary="Get a secret for an authenticator",
        status_code=200,
        problems=("step_up_required", "invalid_credentials", "mfa_required", "rate_limited", "overloaded"),
        example={"current_password": "correct horse battery staple"},
    )
    async def enroll(
        self, data: EnrollBody, actor: FromDishka[Actor], handler: FromDishka[EnrollFactorHandler]
    ) -> EnrolmentAnswer:
        """It is on once a code of it was shown at /v1/auth/2fa/verify, within 15 minutes; until then an
        earlier factor goes on working. Wants a fresh session or `current_password`."""
        faults = two_proofs(data.code, data.recovery_code)
        if data.current_password is not None:
            faults += oversized(current_password=data.current_password)
        if faults:
            raise refuse(faults)
        command = EnrollFactor(
            current_password=data.current_password, proof=proof_of(data.code, data.recovery_code)
        )
        return await answer_once(actor, handler, command, EnrolmentAnswer.of)

    @post(
        "/verify",
        need=Need.SIGNED_IN,
        summary="Turn the enrolled factor on; ends all sessions",
        status_code=200,
        problems=("mfa_not_enrolled", "mfa_required", "rate_limited"),
        example=CODE,
    )
    async def verify(
        self, data: ConfirmFactorBody, actor: FromDishka[Actor], handler: FromDishka[ConfirmFactorHandler]
    ) -> EnabledAnswer:
        return await answer_once(actor, handler, ConfirmFactor(data.code), EnabledAnswer.of)

    @post(
        "/disable",
        need=Need.OWNER,
        summary="Turn a factor off: one's own, or that of a member who lost the device",
        status_code=200,
        problems=("mfa_not_enrolled", "mfa_required", "not_found", "person_in_other_org", "rate_limited"),
        traits=(FRESH,),
        example=CODE,
    )
    async def disable(
        self, data: DisableBody, actor: FromDishka[Actor], handler: FromDishka[DisableFactorHandler]
    ) -> DisabledAnswer:
        if faults := two_proofs(data.code, data.recovery_code):
            raise refuse(faults)
        command = DisableFactor(
            user_id=None if data.user_id is None else UserId(data.user_id),
            proof=proof_of(data.code, data.recovery_code),
            reason=data.reason or None,
        )
        return await answer_once(actor, handler, command, partial(disabled, reason=command.reason))

    @post(
        "/recovery-codes",
        need=Need.SIGNED_IN,
        summary="Get new recovery codes; the earlier ones are void",
        status_code=200,
        problems=("mfa_not_enrolled", "mfa_required", "rate_limited"),
        traits=(FRESH,),
        example=CODE,
    )
    async def recovery_codes(
        self, data: RenewBody, actor: FromDishka[Actor], handler: FromDishka[RenewRecoveryCodesHandler]
    ) -> RecoveryCodesAnswer:
        return await answer_once(actor, handler, RenewRecoveryCodes(data.code), RecoveryCodesAnswer.of)


def disabled(user_id: UUID, reason: str | None) -> DisabledAnswer:
    return DisabledAnswer(user_id, reason)
