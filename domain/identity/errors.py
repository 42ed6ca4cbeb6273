"""What the identity context refuses. The codes are public: clients match on them."""

from collections.abc import Sequence

from domain.shared.errors import (
    BadRequest,
    Conflict,
    FieldFault,
    Forbidden,
    Invalid,
    TooMany,
    Unauthenticated,
    Unavailable,
)


class InvalidCredentials(Unauthenticated):
    """One text for every reason, so that it teaches nothing."""

    code = "invalid_credentials"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")


class RefreshInvalid(Unauthenticated):
    code = "refresh_invalid"

    def __init__(self) -> None:
        super().__init__("This refresh token is not valid. Sign in again.")


class RefreshExpired(Unauthenticated):
    code = "refresh_expired"

    def __init__(self) -> None:
        super().__init__("This refresh token has expired. Sign in again.")


class RefreshReused(Unauthenticated):
    code = "refresh_reused"

    def __init__(self) -> None:
        super().__init__("This refresh token was used before, so the session was ended. Sign in again.")


class OrgSuspended(Forbidden):
    code = "org_suspended"

    def __init__(self) -> None:
        super().__init__("This organisation is suspended.")


class PasswordChangeRequired(Forbidden):
    code = "password_change_required"

    def __init__(self) -> None:
        super().__init__("Change your temporary password first.")


class MfaRequired(Unauthenticated):
    code = "mfa_required"

    def __init__(self, detail: str = "MFA code required") -> None:
        super().__init__(detail)


class InvalidMfaCode(MfaRequired):
    """Wrong, old, spent, or no code at all: one text."""

    def __init__(self) -> None:
        super().__init__("Invalid MFA code")


class MfaNotEnrolled(BadRequest):
    code = "mfa_not_enrolled"

    def __init__(self) -> None:
        super().__init__("No second factor is enrolled.")


class PersonInOtherOrg(Conflict):
    code = "person_in_other_org"

    def __init__(self) -> None:
        super().__init__("This person belongs to another organisation as well.")


class StepUpRequired(Forbidden):
    code = "step_up_required"

    def __init__(self) -> None:
        super().__init__("Prove yourself again: this wants a proof not older than five minutes.")


class PasswordRefused(Invalid):
    """Every reason at once, one entry each."""

    code = "password_policy"

    def __init__(self, field: str, reasons: Sequence[str]) -> None:
        super().__init__(
            "This password is not allowed.", errors=[FieldFault(field, reason) for reason in reasons]
        )


class Overloaded(Unavailable):
    code = "overloaded"

    def __init__(self) -> None:
        super().__init__("Too many sign-ins at this moment. Try again shortly.", retry_after_seconds=2)


class TooManyTries(TooMany):
    """One text whichever bucket is full, and whoever it is full for."""

    code = "rate_limited"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            "There were too many wrong tries. Wait before the next one.",
            retry_after_seconds=retry_after_seconds,
        )


class EmailTaken(Conflict):
    """A person with this address exists; only the birth of persons meets it, never an answer."""

    code = "conflict"


class IdempotencyKeyReused(Invalid):
    code = "idempotency_key_reused"

    def __init__(
        self, detail: str = "This Idempotency-Key was used for another request. Choose a new one."
    ) -> None:
        super().__init__(detail)


class IdempotencyInProgress(Conflict):
    code = "idempotency_in_progress"

    def __init__(self) -> None:
        super().__init__("A request with this Idempotency-Key is still under way.", retry_after_seconds=1)


class LinkInvalid(BadRequest):
    """Unknown, used, void and expired alike."""

    code = "link_invalid"

    def __init__(self) -> None:
        super().__init__("This link is not valid any more. Ask for a new one.")


class IdempotencyKeyRequired(BadRequest):
    code = "idempotency_key_required"

    def __init__(self) -> None:
        super().__init__("Send an Idempotency-Key of your own making with this request.")


class OwnerOnly(Forbidden):
    code = "owner_only"

    def __init__(self) -> None:
        super().__init__("Only an owner may do this to an owner, or make one.")


class AlreadyMember(Conflict):
    code = "already_member"

    def __init__(self) -> None:
        super().__init__(
            "This person is a member already.", errors=[FieldFault("email", "is a member already")]
        )


class NotInvited(Conflict):
    code = "not_invited"

    def __init__(self) -> None:
        super().__init__("This person has no open invitation.")


class UserInactive(Conflict):
    code = "user_inactive"

    def __init__(self) -> None:
        super().__init__("This membership is not active.")


class OwnAccount(Conflict):
    code = "own_account"

    def __init__(self) -> None:
        super().__init__("Nobody may do this to the own account.")


class LastOwner(Conflict):
    code = "last_owner"

    def __init__(self) -> None:
        super().__init__("The organisation would be left without an active owner.")
