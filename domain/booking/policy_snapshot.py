from dataclasses import dataclass
from datetime import datetime

from domain.booking import cancellation, deposit, risk
from domain.booking.cancellation import CancellationTerms
from domain.booking.circumstances import Circumstances, PolicyRules
from domain.booking.deposit import DepositTerms
from domain.booking.risk import Risk

SNAPSHOT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySnapshot:
    """The terms a booking was made under. Never edited: what staff decide later lies beside it."""

    version: int
    evaluated_at: datetime
    lead_time_minutes: int
    service_type: str | None
    total_cents: int | None
    currency: str
    first_time_client: bool
    deposit: DepositTerms
    risk: Risk
    cancellation: CancellationTerms

    def deposit_asked_cents(self, standard_bps: int) -> int:
        """What these terms come to, also where they spared the client the deposit. `standard_bps` is the
        organisation's own share, which terms without a deposit do not name."""
        terms = self.deposit
        if terms.required:
            return terms.amount_cents
        strict = self.cancellation.rules
        share = deposit.largest_share(
            standard_bps,
            self.lead_time_minutes,
            heavy=cancellation.HEAVY in strict,
            high_value=cancellation.HIGH_VALUE in strict,
        )
        return deposit.bounded(self.total_cents, share, terms.min_cents, terms.max_cents)


def evaluate(facts: Circumstances, rules: PolicyRules) -> PolicySnapshot:
    """Decide everything there is to decide about a booking in the making."""
    judged = risk.judge(facts, rules)
    return PolicySnapshot(
        version=SNAPSHOT_VERSION,
        evaluated_at=facts.evaluated_at,
        lead_time_minutes=facts.lead_time_minutes,
        service_type=facts.service_type,
        total_cents=facts.total_cents,
        currency=facts.currency,
        first_time_client=facts.first_time_client,
        deposit=deposit.decide(facts, judged, rules),
        risk=judged,
        cancellation=cancellation.terms(facts, rules),
    )
