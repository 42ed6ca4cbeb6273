"""A lost race is run again; everything else is not."""

import inspect
import pkgutil
from dataclasses import dataclass, field
from importlib import import_module

import pytest

import application
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


def writers() -> list[type]:
    """The use cases that write under a key, or for a stranger."""
    found = []
    for info in pkgutil.walk_packages(application.__path__, "application."):
        made = vars(import_module(info.name)).values()
        handlers = [each for each in made if inspect.isclass(each) and each.__module__ == info.name]
        found += [each for each in handlers if hasattr(each, "handle") and writes(each)]
    return found


def writes(handler: type) -> bool:
    source = inspect.getsource(handler)
    return "once=actor.once" in source or handler.__name__ in {
        "RequestLeadHandler",
        "CreatePublicBookingHandler",
    }


@pytest.mark.parametrize("handler", writers(), ids=lambda handler: handler.__name__)
def test_every_write_is_run_again(handler: type) -> None:
    beside = vars(import_module(handler.__module__)).values()  # a batch of many may be a function
    own = [each for name, each in vars(handler).items() if not name.startswith("__")]
    assert any(hasattr(each, "__wrapped__") for each in (*own, *filter(inspect.isfunction, beside)))
