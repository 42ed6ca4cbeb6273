"""What a mail says of a visit or a request: one label, one text, the same in both parts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

type Values = Mapping[str, object]
type Sayer = Callable[[Values, ZoneInfo], str | None]

MINUTES_AN_HOUR = 60


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    text: str


def instant(values: Values, name: str, zone: ZoneInfo) -> datetime:
    """Raises ValueError for anything but an instant with an offset."""
    moment = datetime.fromisoformat(str(values[name]))
    if moment.tzinfo is None:
        raise ValueError(f"{name} has no offset")
    return moment.astimezone(zone)


def zone_name(moment: datetime) -> str:
    """EST; where a zone has no letters of its own, UTC-03."""
    name = moment.strftime("%Z")
    return f"UTC{name}" if name[:1] in {"+", "-"} else name


def short_date(moment: datetime) -> str:
    return f"{moment:%a} {moment.day} {moment:%b %Y}"


def clock_time(moment: datetime) -> str:
    return f"{moment:%H:%M} {zone_name(moment)}"


def _when(values: Values, zone: ZoneInfo) -> str:
    starts_at = instant(values, "starts_at", zone)
    day = f"{starts_at:%A} {starts_at.day} {starts_at:%B %Y}"
    if values.get("ends_at") is None:
        return f"{day}, {clock_time(starts_at)} ({zone.key})"
    ends_at = instant(values, "ends_at", zone)
    first = f"{starts_at:%H:%M}"
    if zone_name(starts_at) != zone_name(ends_at):  # the clocks change during the visit
        first = clock_time(starts_at)
    last = clock_time(ends_at)
    if starts_at.date() != ends_at.date():
        last = f"{short_date(ends_at)} {last}"
    return f"{day}, {first} to {last} ({zone.key})"


def _held_until(values: Values, zone: ZoneInfo) -> str | None:
    if values.get("expires_at") is None:
        return None
    moment = instant(values, "expires_at", zone)
    return f"{short_date(moment)}, {clock_time(moment)}"


def _words(name: str) -> Sayer:
    def say(values: Values, zone: ZoneInfo) -> str | None:
        del zone
        text = values.get(name)
        return str(text) if text else None

    return say


def _code(name: str) -> Sayer:
    def say(values: Values, zone: ZoneInfo) -> str | None:
        del zone
        text = values.get(name)
        return str(text).replace("_", " ").capitalize() if text else None

    return say


def _money(name: str) -> Sayer:
    def say(values: Values, zone: ZoneInfo) -> str | None:
        del zone
        cents = values.get(name)
        if not isinstance(cents, int) or not cents:
            return None
        whole, part = divmod(abs(cents), 100)
        sign = "-" if cents < 0 else ""
        return f"{sign}{whole:,}.{part:02d} {values.get('currency') or ''}".rstrip()

    return say


def _length(values: Values, zone: ZoneInfo) -> str | None:
    del zone
    minutes = values.get("duration_minutes")
    if not isinstance(minutes, int) or not minutes:
        return None
    hours, rest = divmod(minutes, MINUTES_AN_HOUR)
    return " ".join(part for part in (f"{hours} h" * bool(hours), f"{rest} min" * bool(rest)) if part)


def _score(values: Values, zone: ZoneInfo) -> str | None:
    del zone
    score = values.get("score")
    return None if score is None else f"{score} of 10"


SAYERS: Mapping[str, tuple[str, Sayer]] = {
    "when": ("When", _when),
    "where": ("Where", _words("address")),
    "service": ("Service", _code("service_type")),
    "frequency": ("How often", _code("frequency")),
    "length": ("Length", _length),
    "price": ("Price before tax", _money("total_before_tax_cents")),
    "total": ("Price before tax", _money("total_cents")),
    "deposit": ("Deposit", _money("deposit_cents")),
    "refund": ("Deposit refunded", _money("deposit_refund_cents")),
    "held_until": ("Held for you until", _held_until),
    "started_by": ("Started by", _words("started_by")),
    "reason": ("Reason", _words("reason")),
    "endpoint": ("Endpoint", _words("url_host")),
    "valid_until": ("Valid until", _held_until),
    "status": ("Status", _code("status")),
    "client": ("Client", _words("name")),
    "phone": ("Phone", _words("phone")),
    "email": ("E-mail", _words("email")),
    "postal_code": ("Postal code", _words("postal_code")),
    "score": ("Score", _score),
    "comment": ("Comment", _words("comment")),
    "temp_password": ("Temporary password", _words("secret")),
}


def facts_of(names: tuple[str, ...], values: Values, zone: ZoneInfo) -> list[Fact]:
    """Those that the values know, in the order of the names."""
    said = ((SAYERS[name][0], SAYERS[name][1](values, zone)) for name in names)
    return [Fact(label, text) for label, text in said if text]
