"""Mail by SendGrid's v3 interface. One attempt is one request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx2

from adapters.peers.line import line_code
from adapters.peers.retry_after import retry_after_seconds
from application.ports.mailer import Mail, Mailbox
from domain.delivery.faults import DeliveryFailed, Fault

API = "https://api.sendgrid.com"
_MESSAGE_IS_BAD = frozenset({400, 413})
"""The same message would be refused again; any other refusal can be mended by the operator or by time."""
_MAY_ASK_TO_WAIT = frozenset({429, 503})
_MOST_ANSWER_BYTES = 64 * 1024
_MOST_MESSAGE_ID = 255


@dataclass(frozen=True, slots=True)
class SendGridMailer:
    """One client for the life of the process. `timeout_seconds` is for the whole attempt."""

    client: httpx2.AsyncClient
    key: str = field(repr=False)
    timeout_seconds: float = 10
    api: str = API

    async def send(self, mail: Mail) -> str | None:
        headers, _ = await self._ask("POST", "/v3/mail/send", mail.written_at, as_json(mail))
        return headers.get("x-message-id", "")[:_MOST_MESSAGE_ID] or None

    async def greet(self) -> None:
        """Ask what the key may do; send nothing. Raises DeliveryFailed, `status_403` if it may not send."""
        _, body = await self._ask("GET", "/v3/scopes", datetime.now(UTC))
        if b'"mail.send"' not in body:
            raise DeliveryFailed(_refusal(403, None))

    async def _ask(
        self, method: str, path: str, now: datetime, json: Mapping[str, Any] | None = None
    ) -> tuple[httpx2.Headers, bytes]:
        try:
            with anyio.fail_after(self.timeout_seconds):
                status, headers, body = await self._talk(method, path, json)
        except httpx2.TimeoutException as error:
            raise DeliveryFailed(Fault.of("timeout")) from error
        except (httpx2.HTTPError, OSError) as error:
            raise DeliveryFailed(Fault.of(line_code(error))) from error
        if httpx2.codes.is_success(status):
            return headers, body
        wait = retry_after_seconds(headers.get("retry-after"), now) if status in _MAY_ASK_TO_WAIT else None
        raise DeliveryFailed(_refusal(status, wait))

    async def _talk(
        self, method: str, path: str, json: Mapping[str, Any] | None
    ) -> tuple[int, httpx2.Headers, bytes]:
        own = {"Authorization": f"Bearer {self.key}", "Accept-Encoding": "identity"}
        body = b""
        async with self.client.stream(
            method, self.api + path, json=json, headers=own, timeout=None, follow_redirects=False
        ) as answer:
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > _MOST_ANSWER_BYTES:
                    break
            return answer.status_code, answer.headers, body


def as_json(mail: Mail) -> dict[str, Any]:
    """What mail/send takes. Nothing is tracked: no pixel, no rewritten link, no footer of the provider's."""
    off = {"enable": False}
    content: dict[str, Any] = {
        "personalizations": [{"to": [_mailbox(mail.recipient)]}],
        "from": _mailbox(mail.sender),
        "subject": mail.subject,
        "content": [
            {"type": "text/plain", "value": mail.text},
            {"type": "text/html", "value": mail.html},
        ],
        "headers": {"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated", **mail.headers},
        "custom_args": {"org_id": str(mail.org_id), "event_id": str(mail.event_id)},
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": off,
            "subscription_tracking": off,
        },
    }
    if mail.reply_to is not None:
        content["reply_to"] = _mailbox(mail.reply_to)
    return content


def _mailbox(mailbox: Mailbox) -> dict[str, str]:
    named = {"name": mailbox.name} if mailbox.name else {}
    return {"email": mailbox.address, **named}


def _refusal(status: int, retry_after: int | None) -> Fault:
    is_redirect = httpx2.codes.is_redirect(status)
    return Fault(
        code="redirect_refused" if is_redirect else f"status_{status}",
        permanent=status in _MESSAGE_IS_BAD,
        of_the_line=status not in _MESSAGE_IS_BAD,
        retry_after_seconds=retry_after,
        http_status=status,
    )
