"""Names of files as people see them, whatever was sent."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis.strategies import sampled_from, text

from domain.photos.file_name import MOST_LENGTH, shown_name

RIGHT_TO_LEFT = "\u202e"
TABLE = {
    "kitchen.jpg": "kitchen.jpg",
    "Kitchen.JPEG": "Kitchen.JPEG",
    "../../etc/passwd": "passwd.jpg",
    "..\\..\\boot.ini": "boot.jpg",
    "C:\\Users\\ann\\oven.jpg": "oven.jpg",
    "a\x00b.jpg": "ab.jpg",
    "a\r\nContent-Type: text/html.jpg": "html.jpg",
    "one\r\ntwo.jpg": "onetwo.jpg",
    f"oven{RIGHT_TO_LEFT}gpj.exe": "ovengpj.jpg",
    "\u2066hidden\u2069.jpg": "hidden.jpg",
    "page.html": "page.jpg",
    "shell.php.jpg": "shell.php.jpg",
    "": "photo.jpg",
    ".jpg": "photo.jpg",
    "...": "photo.jpg",
    "/": "photo.jpg",
    "  two   words .jpg": "two words.jpg",
    "küche ☀.jpg": "küche ☀.jpg",
}


@pytest.mark.parametrize(("sent", "shown"), TABLE.items())
def test_what_is_sent_and_what_is_shown(sent: str, shown: str) -> None:
    assert shown_name(sent, ".jpg") == shown


def test_the_ending_follows_the_bytes() -> None:
    assert shown_name("a.jpg", ".png") == "a.png"
    assert shown_name("a.jpeg", ".webp") == "a.webp"


@settings(max_examples=50)
@given(text(max_size=300), sampled_from([".jpg", ".png", ".webp"]))
def test_any_name_becomes_a_short_one_of_one_visible_part(sent: str, extension: str) -> None:
    shown = shown_name(sent, extension)
    assert 0 < len(shown) <= MOST_LENGTH
    assert not set(shown) & {"/", "\\", "\n", "\r", "\x00", RIGHT_TO_LEFT}
    assert all(unicodedata.category(c) not in {"Cc", "Cf", "Cs"} for c in shown)
    assert not shown.startswith(".")
