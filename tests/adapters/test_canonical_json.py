"""RFC 8785, by its own example of ordering and by what our rows hold."""

import pytest

from adapters.rfc8785.canonical_json import Rfc8785CanonicalJson

encode = Rfc8785CanonicalJson().encode


def test_names_are_ordered_as_the_standard_says() -> None:
    """Its section 3.2.3: by UTF-16 code units."""
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = ["\\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert encode(dict.fromkeys(names)).decode() == "{" + ",".join(f'"{n}":null' for n in ordered) + "}"


def test_values_have_one_spelling() -> None:
    value = {"b": [True, None, -0.0, 1e30, 4.5], "a": 'é\u0007\u007f\\\n"', "c": {}}
    text = '{"a":"é\\u0007\u007f\\\\\\n\\"","b":[true,null,0,1e+30,4.5],"c":{}}'
    assert encode(value).decode() == text


@pytest.mark.parametrize("value", [2**53, float("nan"), float("inf"), "\ud800"])
def test_what_cannot_be_written_is_refused(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the port promises no more
        encode({"value": value})
