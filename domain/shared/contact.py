"""When two ways of writing an address or a number mean the same person."""

_SIGNIFICANT_DIGITS = 10


def normal_email(email: str) -> str:
    """Addresses are compared case-insensitively."""
    return email.strip().casefold()


def normal_phone(phone: str) -> str:
    """The last ten digits: how the country is written, or left out, makes no other person.

    A number without digits is compared as text."""
    digits = "".join(character for character in phone if character in "0123456789")
    return digits[-_SIGNIFICANT_DIGITS:] or normal_text(phone)


def normal_text(text: str) -> str:
    """For searching: case and the width of blanks do not count."""
    return " ".join(text.casefold().split())


def phone_fragment(text: str) -> str | None:
    """What of a searched text may be part of a number: None if it cannot be one."""
    return normal_phone(text) if text and set(text) <= set("0123456789+-(). /") else None
