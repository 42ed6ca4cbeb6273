"""One spelling for every way of writing an address."""

import re
import unicodedata

MAX_EMAIL_LENGTH = 254
_SIGN = r"[^@\s\x00-\x1f\x7f<>,;.]"
_ADDRESS = re.compile(rf"(?:{_SIGN}|\.){{1,64}}@{_SIGN}+(?:\.{_SIGN}+)+")


def normalise_email(address: str) -> str:
    """The form under which a person is stored, found and throttled."""
    return unicodedata.normalize("NFC", address.strip()).lower()


def email_fault(address: str) -> str | None:
    """What keeps this from being an address at all, if anything. Whether it is reached only a mail tells."""
    bare = address.strip()
    if len(bare) <= MAX_EMAIL_LENGTH and _ADDRESS.fullmatch(bare):
        return None
    return "is not an e-mail address"
