"""A lost race is run again; everything else is not."""

from dataclasses import dataclass, field

import pytest

from application import retrying as module
from application.retrying import TRIES, retrying
from domain.shared.errors import Conflict, Contended, DomainError, Unavailable


@dataclass(slots=True)
class Handler:
    """Refuses as often as it was told to, then answers."""

    refusals: list[DomainError]
    tries: list[int] = field(default_factory=list)

    @retrying
    async def handle(self, number: int) -> int:
        self.tries.append(number)
        if self.refusals:
            raise self.refusals.pop()
        return number * 2


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_SECONDS", 0.0)


async def test_a_lost_race_is_run_again_with_the_same_command() -> None:
    handler = Handler([Contended("deadlock"), Contended("lock")])
    assert await handler.handle(21) == 42
    assert handler.tries == [21, 21, 21]


async def test_it_gives_up_after_so_many_tries() -> None:
    handler = Handler([Contended("lock") for _ in range(TRIES + 1)])
    with pytest.raises(Contended):
        await handler.handle(1)
    assert len(handler.tries) == TRIES


async def test_it_gives_up_after_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DEADLINE_SECONDS", -1.0)
    handler = Handler([Contended("lock")])
    with pytest.raises(Contended):
        await handler.handle(1)
    assert len(handler.tries) == 1


@pytest.mark.parametrize("refusal", [Conflict("taken"), Unavailable("down")])
async def test_other_refusals_stand(refusal: DomainError) -> None:
    handler = Handler([refusal])
    with pytest.raises(type(refusal)):
        await handler.handle(1)
    assert len(handler.tries) == 1
