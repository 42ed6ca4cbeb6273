"""Made-up values that every template can be shown with. They never change, so neither does the text."""

from collections.abc import Mapping

_LINKED = frozenset({"password_reset_link", "invitation", "client_login_link"})
_LINK = "https://sweepline.example/link#token=sample"
_VALUES: Mapping[str, object] = {
    "name": "Jane Doe",
    "phone": "+1 555 010 0134",
    "email": "jane@example.com",
    "postal_code": "10001",
    "starts_at": "2026-03-03T14:00:00Z",
    "ends_at": "2026-03-03T17:00:00Z",
    "service_type": "deep",
    "frequency": "weekly",
    "duration_minutes": 180,
    "address": "1 Main Street",
    "status": "CONFIRMED",
    "currency": "USD",
    "total_cents": 14000,
    "total_before_tax_cents": 14000,
    "deposit_cents": 5000,
    "deposit_refund_cents": 5000,
    "expires_at": "2026-03-02T14:30:00Z",
    "assigned": True,
    "role": "dispatcher",
    "started_by": "adam@example.com",
    "reason": "Prices are wrong",
    "url_host": "hooks.example.com",
    "score": 2,
    "comment": "The kitchen was not done.",
}


def sample_values(template: str) -> Mapping[str, object]:
    return {**_VALUES, "secret": _LINK} if template in _LINKED else _VALUES
