from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.metadata import Instant, metadata, org_id

price_books = Table(
    "price_books",
    metadata,
    org_id(),
    Column("version", Integer, primary_key=True),
    Column("terms", JSONB, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Uuid),
)

add_ons = Table(
    "add_ons",
    metadata,
    org_id(),
    Column("add_on_id", Uuid, primary_key=True),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("price_cents", BigInteger, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)
