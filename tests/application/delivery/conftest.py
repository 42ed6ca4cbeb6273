import pytest

from adapters.jinja.templates import JinjaTemplates
from adapters.memory.mailer import MemoryMailer
from adapters.system.identifiers import SystemIdentifiers
from application.delivery.compose import Sender
from application.delivery.email_channel import EmailChannel
from tests.support.clock import FixedClock
from tests.support.personnel import CIPHER
from tests.support.unsubscribing import LINKS


@pytest.fixture(autouse=True)
def empty_outbox(request: pytest.FixtureRequest) -> None:
    """A runner serves every organisation: what other tests left must not reach it."""
    callspec = getattr(request.node, "callspec", None)
    if callspec is not None and callspec.params.get("uow") == "postgres":
        request.getfixturevalue("postgres").execute("truncate outbox_events cascade")


@pytest.fixture
def mailer() -> MemoryMailer:
    return MemoryMailer()


@pytest.fixture
def channel(mailer: MemoryMailer, clock: FixedClock) -> EmailChannel:
    return EmailChannel(
        templates=JinjaTemplates(),
        mailer=mailer,
        sender=Sender(address="no-reply@example.org"),
        clock=clock,
        cipher=CIPHER,
        ids=SystemIdentifiers(),
        links=LINKS,
    )
