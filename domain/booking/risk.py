"""How much a booking should be looked at before it is believed."""

from dataclasses import dataclass
from enum import StrEnum

from domain.booking.circumstances import Circumstances, PolicyRules

HIGHEST_SCORE = 100
HIGH_FROM = 75
MEDIUM_FROM = 45


class RiskBand(StrEnum):
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """0 to 100, with the signals that raised it in the order of the contract's table."""

    score: int
    band: RiskBand
    reasons: tuple[str, ...] = ()


def judge(facts: Circumstances, rules: PolicyRules) -> Risk:
    signals = [signal for signal in _signals(facts, rules) if signal[0]]
    score = min(HIGHEST_SCORE, sum(points for points, _ in signals))
    return Risk(score=score, band=band_of(score), reasons=tuple(reason for _, reason in signals))


def band_of(score: int) -> RiskBand:
    if score >= HIGH_FROM:
        return RiskBand.HIGH
    return RiskBand.MEDIUM if score >= MEDIUM_FROM else RiskBand.LOW


def _signals(facts: Circumstances, rules: PolicyRules) -> tuple[tuple[int, str], ...]:
    """Points and reason of each signal; no points where it did not fire."""
    return (
        (20 * facts.first_time_client, "new_client"),
        (25 * facts.high_value(rules), "high_total"),
        (20 * facts.short_notice, "short_notice"),
        (15 * _flagged(facts.postal_code, rules.flagged_postal_prefixes), "area_flagged"),
        (_history_points(facts.client_cancellations), "cancel_history"),
    )


def _history_points(cancellations: int) -> int:
    if cancellations <= 0:
        return 0
    return 45 if cancellations == 1 else 55


def _flagged(postal_code: str | None, prefixes: tuple[str, ...]) -> bool:
    """Blanks and case do not matter: `h2x 1y4` begins with `H2X1`."""
    code = _plain(postal_code or "")
    return any(code.startswith(_plain(prefix)) for prefix in prefixes if _plain(prefix))


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()
