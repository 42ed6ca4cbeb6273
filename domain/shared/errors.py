"""What can go wrong, as families that the edge turns into one status each.

A concrete error sets `code`: it is public, clients match on it, and `/problems/{code}` explains it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One field at fault: a JSON Pointer without its leading slash, or a parameter's name."""

    field: str
    message: str


class DomainError(Exception):
    """A refusal that the caller may read. `members` are extension members of the problem document."""

    code: ClassVar[str] = "internal_error"

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldFault] = (),
        members: Mapping[str, object] | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.members = dict(members or {})
        self.retry_after_seconds = retry_after_seconds


class BadRequest(DomainError):  # 400
    code = "malformed_request"


class Unauthenticated(DomainError):  # 401
    code = "unauthenticated"

    def __init__(self, detail: str = "Sign in and send a valid access token.") -> None:
        super().__init__(detail)


class PaymentRequired(DomainError):  # 402
    code = "plan_limit_reached"


class Forbidden(DomainError):  # 403
    code = "forbidden"

    def __init__(self, detail: str = "Your role does not allow this.") -> None:
        super().__init__(detail)


class NotFound(DomainError):  # 404
    """`field` names the id that this organisation does not own, wherever in the request it stood."""

    code = "not_found"

    def __init__(self, field: str = "", detail: str = "There is no such thing here.") -> None:
        faults = (FieldFault(field, "does not exist"),) if field else ()
        super().__init__(detail, errors=faults)


class Conflict(DomainError):  # 409
    code = "conflict"


class Gone(DomainError):  # 410
    code = "gone"


class PreconditionFailed(DomainError):  # 412
    code = "version_conflict"

    def __init__(
        self, detail: str = "It changed since you read it. Read it again, then repeat your change."
    ) -> None:
        super().__init__(detail)


class UnsupportedType(DomainError):  # 415
    code = "unsupported_media_type"


class Invalid(DomainError):  # 422
    code = "validation_error"

    @classmethod
    def field(cls, field: str, message: str) -> "Invalid":
        """One fault of one field, as the common `validation_error`."""
        return cls(f"{field}: {message}", errors=[FieldFault(field, message)])


class TooMany(DomainError):  # 429
    code = "rate_limited"


class UpstreamRefused(DomainError):  # 502
    code = "upstream_refused"


class Unavailable(DomainError):  # 503
    code = "upstream_unavailable"


class Contended(Unavailable):
    """Others change the same rows; nothing happened, and the whole use case may be run again."""
