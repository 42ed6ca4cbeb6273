"""Links of unsubscribing as tests make and find them."""

from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from application.delivery.unsubscribe_links import UnsubscribeLinks
from application.ports.mailer import Mail
from domain.delivery.faults import DeliveryFailed, Fault

OLD_KEY, KEY = b"o" * 32, b"u" * 32
LINKS = UnsubscribeLinks("https://clean.example", (KEY,))


def url_of(mail: Mail) -> str:
    """Of its header."""
    return mail.headers["List-Unsubscribe"].removeprefix("<").removesuffix(">")


def token_of(mail: Mail) -> str:
    (token,) = parse_qs(urlsplit(url_of(mail)).query)["token"]
    return token


@dataclass(slots=True)
class Post:
    """A mailer that can be away; keeps what it was asked to send, and what it sent."""

    tried: list[Mail] = field(default_factory=list)
    sent: list[Mail] = field(default_factory=list)
    fault: Fault | None = None

    async def send(self, mail: Mail) -> str | None:
        self.tried.append(mail)
        if self.fault is not None:
            raise DeliveryFailed(self.fault)
        self.sent.append(mail)
        return None
