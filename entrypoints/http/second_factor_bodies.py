"""What the routes of the second factor take and answer."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from application.identity.enroll_factor import Enrolment
from application.identity.second_factor import NewRecoveryCodes
from entrypoints.http.auth_bodies import CodeText, PasswordText


class EnrollBody(Struct, forbid_unknown_fields=True):
    current_password: PasswordText | None = None
    code: CodeText | None = None
    recovery_code: CodeText | None = None


class EnrolmentAnswer(Struct):
    secret: str
    otpauth_uri: str
    qr_svg: str
    expires_at: datetime

    @classmethod
    def of(cls, enrolment: Enrolment) -> "EnrolmentAnswer":
        new = enrolment.secret
        return cls(new.shown, new.uri, new.qr_svg, enrolment.expires_at)


class ConfirmFactorBody(Struct, forbid_unknown_fields=True):
    code: CodeText


class EnabledAnswer(Struct):
    recovery_codes: list[str]
    status: str = "enabled"

    @classmethod
    def of(cls, codes: NewRecoveryCodes) -> "EnabledAnswer":
        return cls(list(codes.shown))


class DisableBody(Struct, forbid_unknown_fields=True):
    code: CodeText | None = None
    recovery_code: CodeText | None = None
    user_id: UUID | None = None
    reason: Annotated[str, Meta(max_length=200)] | None = None


class DisabledAnswer(Struct):
    user_id: UUID
    reason: str | None
    status: str = "disabled"


class RenewBody(Struct, forbid_unknown_fields=True):
    code: CodeText | None = None


class RecoveryCodesAnswer(Struct):
    recovery_codes: list[str]

    @classmethod
    def of(cls, codes: NewRecoveryCodes) -> "RecoveryCodesAnswer":
        return cls(list(codes.shown))
