"""Which passwords are refused, and how a temporary one is made."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from domain.identity.errors import PasswordRefused

MIN_LENGTH = 15
MIN_LENGTH_WITH_FACTOR = 8
MAX_LENGTH = 256
MAX_BYTES = 1024
SHORTEST_KNOWN_WORD = 3  # a shorter one is in every other word
MOST_BESIDE_SEQUENCES = 3
TEMP_PASSWORD_LENGTH = 20
TEMP_PASSWORD_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789"  # noqa: S105  # an alphabet

_LINES = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEXT = frozenset(a + b for line in _LINES for a, b in zip(line, line[1:] + line[0], strict=True))
_SHORTEST_RUN = 3


def normalise_password(password: str) -> str:
    """Typed on another keyboard it is still the same password. Never trimmed."""
    return unicodedata.normalize("NFC", password)


def shortest_length(*, mfa_enabled: bool) -> int:
    return MIN_LENGTH_WITH_FACTOR if mfa_enabled else MIN_LENGTH


def too_short(password: str, *, mfa_enabled: bool) -> bool:
    return len(normalise_password(password)) < shortest_length(mfa_enabled=mfa_enabled)


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """`common`: case-folded passwords that everybody tries first."""

    common: frozenset[str]

    def require(
        self,
        password: str,
        *,
        field: str,
        mfa_enabled: bool,
        known_words: Sequence[str],
        is_current: bool = False,
    ) -> None:
        """Raises PasswordRefused with every reason.

        `known_words`: the e-mail, the names of the organisation, ours."""
        reasons = list(self._reasons(password, shortest_length(mfa_enabled=mfa_enabled), known_words))
        if is_current:
            reasons.append("must differ from the current one")
        if reasons:
            raise PasswordRefused(field, reasons)

    def _reasons(self, password: str, shortest: int, known_words: Sequence[str]) -> Iterable[str]:
        text = normalise_password(password)
        folded = text.casefold()
        if len(text) < shortest:
            yield f"must have at least {shortest} characters"
        if too_long(text):
            yield f"must have at most {MAX_LENGTH} characters and {MAX_BYTES} bytes"
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
            yield "must not contain control characters"
        if folded in self.common:
            yield "is one of the most common passwords"
        if text and len(set(folded)) == 1:
            yield "must not repeat one character"
        elif is_sequence(folded):
            yield "must not be a sequence of neighbouring characters"
        if leans_on(folded, known_words, beside=shortest // 2 + 1):
            yield "must not be made from your e-mail address, your organisation's name or ours"


def too_long(text: str) -> bool:
    return len(text) > MAX_LENGTH or len(text.encode(errors="surrogatepass")) > MAX_BYTES


def is_sequence(folded: str) -> bool:
    """Runs of neighbours (abcd, 4321, qwert, aaaa), each of three characters or more, and hardly another."""
    beside = sum(length for length in _runs(folded) if length < _SHORTEST_RUN)
    return len(folded) > beside and beside <= MOST_BESIDE_SEQUENCES


def _runs(text: str) -> Iterable[int]:
    length, direction = 0, ""
    for before, here in zip(" " + text, text, strict=False):
        step = _step(before, here)
        if length and step and (length == 1 or step == direction):
            length, direction = length + 1, step
        else:
            if length:
                yield length
            length, direction = 1, ""
    if length:
        yield length


def _step(before: str, here: str) -> str:
    if before == here:
        return "same"
    if before + here in _NEXT or _in_alphabet(before, here):
        return "up"
    return "down" if here + before in _NEXT or _in_alphabet(here, before) else ""


def _in_alphabet(letter: str, following: str) -> bool:
    """Of any script."""
    return ord(following) - ord(letter) == 1 and letter.isalnum() and following.isalnum()


def leans_on(folded: str, known_words: Sequence[str], beside: int) -> bool:
    """These words, one or several, with fewer than `beside` characters of one's own."""
    words = {spelling.casefold() for word in known_words for spelling in _spellings(word)}
    left = folded
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= SHORTEST_KNOWN_WORD:
            left = left.replace(word, "")
    return left != folded and len(left) < beside


def _spellings(word: str) -> Iterable[str]:
    bare = normalise_password(word).strip()
    for spelling in (bare, bare.partition("@")[0], bare.replace(" ", ""), bare.replace("-", "")):
        if spelling:
            yield spelling


def temp_password(secret: Callable[[int], bytes]) -> str:
    """Read aloud without mistakes: no look-alikes, every character equally likely."""
    letters = TEMP_PASSWORD_ALPHABET
    fair = 256 - 256 % len(letters)
    password = ""
    while len(password) < TEMP_PASSWORD_LENGTH:
        fitting = (letters[byte % len(letters)] for byte in secret(TEMP_PASSWORD_LENGTH) if byte < fair)
        password += "".join(fitting)
    return password[:TEMP_PASSWORD_LENGTH]
