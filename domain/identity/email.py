"""One spelling for every way of writing an address."""

import unicodedata

MAX_EMAIL_LENGTH = 254


def normalise_email(address: str) -> str:
    """The form under which a person is stored, found and throttled."""
    return unicodedata.normalize("NFC", address.strip()).lower()
