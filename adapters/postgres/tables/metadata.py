"""The tables as Core sees them: what the migrations made, for statements to name. A test holds them equal."""

from typing import Any

from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import Column, ForeignKey, MetaData, Uuid, text

metadata = MetaData()

Instant = DateTimeUTC
"""timestamptz; refuses a naive instant instead of guessing its zone."""

CURRENT_ORG = "nullif(current_setting('app.current_org_id', true), '')::uuid"


def org_id() -> Column[Any]:
    """First column of every table of an organisation. The database fills it: no statement names it."""
    return Column("org_id", Uuid, ForeignKey("orgs.id"), primary_key=True, server_default=text(CURRENT_ORG))
