"""One-time secrets of mails: the database alone opens none, and they are wiped when the mail has left."""

from collections.abc import Mapping

from application.ports.field_cipher import FieldCipher
from domain.delivery.faults import DeliveryFailed, Fault
from domain.delivery.outbox_event import OutboxEvent


def seal(cipher: FieldCipher, dedupe_key: str, secret: str) -> bytes:
    """Opens in the message with this key alone."""
    return cipher.encrypt(secret.encode(), _context(dedupe_key))


def opened(cipher: FieldCipher, event: OutboxEvent) -> Mapping[str, str]:
    """The template's value `secret`. Raises DeliveryFailed where no key of ours opens it."""
    if event.secret_sealed is None:
        return {}
    try:
        return {"secret": cipher.decrypt(event.secret_sealed, _context(event.dedupe_key)).decode()}
    except ValueError as error:
        raise DeliveryFailed(Fault.of("payload_invalid")) from error


def _context(dedupe_key: str) -> bytes:
    return f"mail {dedupe_key}".encode()
