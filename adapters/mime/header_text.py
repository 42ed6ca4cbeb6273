"""What people wrote, as the header of a mail carries it (RFC 5322, RFC 2047).

Done here, as the library's own folding of headers takes a long name in quotes out of its quotes: a comma in
it then begins another address."""

import re
from email.charset import SHORTEST, Charset
from email.header import Header

_UTF_8 = Charset("utf-8")
_UTF_8.header_encoding = SHORTEST
_MOST_WORD = 75  # of an encoded word; a line has one sign more
MOST_LINE = 76
_MOST_PLAIN_WORD = 200  # longer ones could make a line of more than 998 bytes, which servers refuse
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


def as_text(text: str) -> str:
    """Of a subject: as it stands, but for encoded words from the first to the last word that holds more than
    ASCII or would be read as encoded; so that it can be found as it is read. On one line, to be folded at any
    of its blanks."""
    if _is_plain(text):
        return text
    words = text.split(" ")
    if "" in words:  # some mail programs drop a blank of two beside an encoded word
        return _encoded(text)
    odd = [number for number, word in enumerate(words) if not _is_plain(word)]
    first, last = odd[0], odd[-1] + 1
    return " ".join([*words[:first], _encoded(" ".join(words[first:last])), *words[last:]])


def as_mailbox(name: str, address: str) -> str:
    """On one line, to be folded at any of its blanks."""
    if not name:
        return address
    if not _is_plain(name):
        shown = _encoded(name)
    elif _ATOMS.fullmatch(name):
        shown = name
    else:
        shown = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{shown} <{address}>"


def folded(name: str, value: str, line_end: str) -> str:
    """The whole header. A line breaks only before a blank, so that taking the ends out gives it back."""
    lines, line = list[str](), f"{name}:"
    for number, word in enumerate(value.split(" ")):
        if number and word and len(line) + 1 + len(word) > MOST_LINE:
            lines.append(line)
            line = ""
        line += f" {word}"
    return line_end.join([*lines, line]) + line_end


def _is_plain(text: str) -> bool:
    longest = max(map(len, text.split(" ")))
    return text.isascii() and "=?" not in text and longest <= _MOST_PLAIN_WORD and text == text.strip()


def _encoded(text: str) -> str:
    """Each word whole signs, so that it can be read by itself."""
    words = Header(text, _UTF_8, maxlinelen=_MOST_WORD)
    return words.encode(splitchars="", maxlinelen=_MOST_WORD, linesep="\n").replace("\n ", " ")
