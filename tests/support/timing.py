"""Whether kinds of request take as long as one another, told on a machine that has other work to do.

What differs by nature differs in every try, so two things are compared that other work hardly moves: how busy
our process was, by the median of what each try cost against its own round; and how long one took where it was
least disturbed, which is where waiting shows too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

UNDISTURBED = 16  # of so many tries the fastest but a few


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of all our processors, and seconds by the wall."""

    busy: float
    seconds: float


type Round = dict[str, Took]


def busy_spread(rounds: Sequence[Round]) -> float:
    """The highest median over the lowest; 1.1 if one kind keeps us busy for a tenth more."""
    usual = [median(took.busy for took in measured.values()) for measured in rounds]
    medians = [
        median(measured[kind].busy / base for measured, base in zip(rounds, usual, strict=True))
        for kind in rounds[0]
    ]
    return max(medians) / min(medians)


def undisturbed_spread(rounds: Sequence[Round]) -> float:
    """As `busy_spread`, by the wall."""
    seconds = _undisturbed(rounds)
    return max(seconds) / min(seconds)


def undisturbed_gap(rounds: Sequence[Round]) -> float:
    """In seconds."""
    seconds = _undisturbed(rounds)
    return max(seconds) - min(seconds)


def _undisturbed(rounds: Sequence[Round]) -> list[float]:
    place = len(rounds) // UNDISTURBED
    return [sorted(measured[kind].seconds for measured in rounds)[place] for kind in rounds[0]]
