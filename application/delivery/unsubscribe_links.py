"""Links that stop mails of one kind to one address. They hold no address, and never expire."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from domain.delivery.suppression import Scope
from domain.shared.errors import BadRequest
from domain.shared.ids import EventId, OrgId

_VERSION = b"\x01"
_SIGNED, _HASHED = b"unsubscribe link\0", b"unsubscribe address\0"  # what the key is used for
_CODES = {Scope.MARKETING: b"m", Scope.NPS: b"n"}
_SCOPES = {code: scope for scope, code in _CODES.items()}
_PAYLOAD_BYTES = 1 + 1 + 16 + 16 + 32
SAMPLE_TOKEN = "sample"  # noqa: S105  # of previews; stops nothing


class UnsubscribeTokenInvalid(BadRequest):
    code = "unsubscribe_token_invalid"

    def __init__(self) -> None:
        super().__init__("This link was altered or is cut off.")


@dataclass(frozen=True, slots=True)
class OptOut:
    """Whose mails of which kind are to stop. `event_id` is the mail that the link came in."""

    org_id: OrgId
    scope: Scope
    event_id: EventId
    address_hash: bytes


@dataclass(frozen=True, slots=True)
class UnsubscribeLinks:
    """The first key signs and hashes, all verify: a link lives as long as its key is kept."""

    base_url: str
    keys: tuple[bytes, ...] = field(repr=False)

    def headers(
        self, org_id: OrgId, template_scope: str, event_id: EventId, address: str
    ) -> Mapping[str, str]:
        """Of RFC 8058; none for mails that cannot be stopped."""
        url = self.url(org_id, template_scope, event_id, address)
        if not url:
            return {}
        return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}

    def url(self, org_id: OrgId, template_scope: str, event_id: EventId, address: str) -> str:
        """Equal on every attempt. Empty for mails that cannot be stopped."""
        if template_scope not in _CODES:
            return ""
        opt_out = OptOut(org_id, Scope(template_scope), event_id, _hash(self.keys[0], org_id, address))
        return self._url(self.token(opt_out))

    def sample_url(self, template_scope: str) -> str:
        return self._url(SAMPLE_TOKEN) if template_scope in _CODES else ""

    def token(self, opt_out: OptOut) -> str:
        ids = UUID(str(opt_out.org_id)).bytes + UUID(str(opt_out.event_id)).bytes
        payload = _VERSION + _CODES[opt_out.scope] + ids + opt_out.address_hash
        return f"{_text(payload)}.{_sign(self.keys[0], payload)}"

    def read(self, token: str) -> OptOut:
        """Raises UnsubscribeTokenInvalid."""
        if not token.isascii():
            raise UnsubscribeTokenInvalid
        written, _, signature = token.partition(".")
        payload = _bytes(written)
        signed = any(hmac.compare_digest(_sign(key, payload), signature) for key in self.keys)
        if not signed or len(payload) != _PAYLOAD_BYTES or payload[:1] != _VERSION:
            raise UnsubscribeTokenInvalid
        return OptOut(
            org_id=OrgId(UUID(bytes=payload[2:18])),
            scope=_SCOPES[payload[1:2]],
            event_id=EventId(UUID(bytes=payload[18:34])),
            address_hash=payload[34:],
        )

    def hashes(self, org_id: OrgId, address: str) -> list[bytes]:
        """By all keys: one of them is in every link that this address was ever sent."""
        return [_hash(key, org_id, address) for key in self.keys]

    def _url(self, token: str) -> str:
        return f"{self.base_url}/unsubscribe?token={token}"


def _hash(key: bytes, org_id: OrgId, address: str) -> bytes:
    about = UUID(str(org_id)).bytes + address.lower().encode()
    return hmac.digest(key, _HASHED + about, hashlib.sha256)


def _sign(key: bytes, payload: bytes) -> str:
    return _text(hmac.digest(key, _SIGNED + payload, hashlib.sha256))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(written: str) -> bytes:
    """Of exactly the text that `_text` makes: base64 has several for the same bytes."""
    try:
        raw = urlsafe_b64decode(written + "=" * (-len(written) % 4))
    except ValueError as error:
        raise UnsubscribeTokenInvalid from error
    if _text(raw) != written:
        raise UnsubscribeTokenInvalid
    return raw
