from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_MOST_DIGITS = 9  # thirty years; the outbox's own cap is far below


def retry_after_seconds(value: str | None, now: datetime) -> int | None:
    """`Retry-After` in both its forms (RFC 9110 §10.2.3), whole seconds rounded up; None for nonsense."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return int(text.lstrip("0")[:_MOST_DIGITS] or 0)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter for a year or an offset beyond all measure
        return None
    if moment.tzinfo is None:  # "-0000": UTC by RFC 5322
        moment = moment.replace(tzinfo=UTC)
    return max(0, -((now - moment) // timedelta(seconds=1)))
