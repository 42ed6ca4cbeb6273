"""What a client gets back of a deposit, by how long before the start they cancel."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.booking.circumstances import DAY_MINUTES, Circumstances, PolicyRules
from domain.shared.money import Money

WHOLE = 100
HEAVY, HIGH_VALUE = "heavy_service", "high_value_booking"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationWindow:
    """Minutes counted back from the start: from included, to not; no `to_minutes` means any earlier."""

    label: str
    from_minutes: int
    to_minutes: int | None
    refund_percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationTerms:
    """`rules` name what made the windows stricter than usual; widest window first."""

    rules: tuple[str, ...]
    windows: tuple[CancellationWindow, ...]

    def window_at(self, starts_at: datetime, now: datetime) -> CancellationWindow:
        """The window that `now` lies in; after the start it is the last one."""
        ahead = max(timedelta(0), starts_at - now)
        return next(w for w in self.windows if ahead >= timedelta(minutes=w.from_minutes))


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationOutcome:
    label: str
    refund_percent: int
    deposit_refund_cents: int


def terms(facts: Circumstances, rules: PolicyRules) -> CancellationTerms:
    free_from, partial_from = (3, 2) if facts.heavy else (2, 1)
    return CancellationTerms(
        rules=tuple(_strict_rules(facts, rules)),
        windows=(
            _window("free", free_from * DAY_MINUTES, None, WHOLE),
            _window(
                "partial", partial_from * DAY_MINUTES, free_from * DAY_MINUTES, _partial_percent(facts, rules)
            ),
            _window("late", 0, partial_from * DAY_MINUTES, 0),
        ),
    )


def outcome(window: CancellationWindow, *, paid_cents: int, in_full: bool) -> CancellationOutcome:
    """`in_full`: the office cancelled, or an exception was granted. Half a cent rounds up."""
    percent = WHOLE if in_full else window.refund_percent
    return CancellationOutcome(
        label=window.label,
        refund_percent=percent,
        deposit_refund_cents=Money(paid_cents).share(percent * 100).cents,
    )


def _window(label: str, start: int, end: int | None, percent: int) -> CancellationWindow:
    return CancellationWindow(label=label, from_minutes=start, to_minutes=end, refund_percent=percent)


def _strict_rules(facts: Circumstances, rules: PolicyRules) -> dict[str, int]:
    """Each rule that applies, with the most it leaves of a deposit in the partial window."""
    found = (
        (facts.heavy, HEAVY, 50),
        (facts.first_time_client, "first_time_client", 40),
        (facts.high_value(rules), HIGH_VALUE, 25),
        (facts.short_notice, "short_notice", 25),
    )
    return {name: percent for holds, name, percent in found if holds}


def _partial_percent(facts: Circumstances, rules: PolicyRules) -> int:
    return min((50, *_strict_rules(facts, rules).values()))
