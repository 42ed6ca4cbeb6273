from dataclasses import dataclass, field

from application.ports.mailer import Mail
from domain.delivery.faults import DeliveryFailed, Fault


@dataclass(slots=True)
class MemoryMailer:
    """Keeps what it was given. An address in `refusals` is answered with that fault instead."""

    sent: list[Mail] = field(default_factory=list)
    refusals: dict[str, Fault] = field(default_factory=dict)

    async def send(self, mail: Mail) -> str | None:
        if (fault := self.refusals.get(mail.recipient.address)) is not None:
            raise DeliveryFailed(fault)
        self.sent.append(mail)
        return None
