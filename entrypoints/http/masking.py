"""What a viewer sees of a person (field page, opening)."""

from collections.abc import Mapping
from typing import Any

from domain.identity.actor import Role

PHONE_TAIL = 4
HIDDEN_FROM: Mapping[Role | None, tuple[str, ...]] = {
    Role.VIEWER: ("address", "notes", "pets", "allergies", "access_notes"),
    Role.FINANCE: ("access_notes",),
}


def masked_name(name: str) -> str:
    return f"{name[:1]}***"


def masked_email(email: str) -> str:
    local, _, domain = email.partition("@")
    return f"{local[:1]}***@{domain}"


def masked_phone(phone: str) -> str:
    """The last four digits, where that is not all there is."""
    digits = [character for character in phone if character.isdigit()]
    return f"***-{''.join(digits[-PHONE_TAIL:])}" if len(digits) > PHONE_TAIL else "***"


def name_seen_by(role: Role | None, name: str) -> str:
    """The name of somebody who is not the resource itself, as a booking's crew."""
    return masked_name(name) if role is Role.VIEWER else name


MASKS = {"name": masked_name, "email": masked_email, "phone": masked_phone}


def as_seen_by(role: Role | None, values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The values of one resource with what this role may not see taken out.

    `prefix` stands before the names of the contact's fields, as in `lead_name`."""
    seen = dict(values)
    hidden = HIDDEN_FROM.get(role)
    if hidden is None:
        return seen
    if role is Role.VIEWER:
        for field, mask in MASKS.items():
            name = f"{prefix}{field}"
            if seen.get(name):
                seen[name] = mask(seen[name])
    return seen | {name: None for name in hidden if name in seen}
