"""A query parameter that is a local day or an instant."""

import re
from datetime import date, datetime
from typing import Annotated

import msgspec

from domain.shared.errors import Invalid

DAY = re.compile(r"\d{4}-\d{2}-\d{2}").fullmatch
Moment = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


def read_moment(text: str | None, field: str) -> date | datetime | None:
    """Raises Invalid naming the field. A blank where the `+` of an offset stood is read as that `+`."""
    if text is None:
        return None
    try:
        if DAY(text):
            return date.fromisoformat(text)
        moment = msgspec.convert(text.replace(" ", "+"), datetime)
    except (ValueError, msgspec.ValidationError) as error:
        raise Invalid.field(field, "must be a day, or an instant with an offset") from error
    if moment.tzinfo is None:
        raise Invalid.field(field, "must have an offset, as 2026-03-08T09:00:00Z")
    return moment
