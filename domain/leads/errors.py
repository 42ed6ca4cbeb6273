"""What a request about a lead can be refused for."""

from domain.leads.lead_status import LeadStatus
from domain.shared.errors import BadRequest, Conflict, FieldFault, Invalid, NotFound, TooMany
from domain.shared.estimate import Estimate
from domain.shared.estimate_values import answered_estimate


class LeadNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("lead_id")


class LeadMoveRefused(Conflict):
    code = "lead_move_refused"

    def __init__(self, now: LeadStatus, wanted: LeadStatus) -> None:
        super().__init__(f"A lead that is {now} cannot be made {wanted} by hand.")


class EstimateChanged(Conflict):
    """Carries the estimate that holds now, for the caller to show and confirm."""

    code = "estimate_changed"

    def __init__(self, estimate: Estimate) -> None:
        super().__init__(
            "The price is no longer the one you were shown.",
            members={"estimate": answered_estimate(estimate)},
        )


class ReferralCodeUnknown(Invalid):
    code = "referral_code_unknown"

    def __init__(self) -> None:
        super().__init__(
            "Nobody here has this referral code.",
            errors=[FieldFault("referral_code", "is not the code of any customer here")],
        )


class CaptchaFailed(BadRequest):
    code = "captcha_failed"

    def __init__(self) -> None:
        super().__init__("The check that you are a person did not succeed. Try it again.")


class TooManyLeads(TooMany):
    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            "Too many requests came from your address within the hour.",
            retry_after_seconds=retry_after_seconds,
        )
