"""Photos of visits."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text, Uuid

from adapters.postgres.tables.metadata import Instant, metadata, org_id

order_photos = Table(
    "order_photos",
    metadata,
    org_id(),
    Column("photo_id", Uuid, primary_key=True),
    Column("booking_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("uploader_kind", Text, nullable=False),
    Column("uploader_id", Uuid),
    Column("uploader_name", Text, nullable=False),
    Column("uploaded_at", Instant, nullable=False),
    Column("phase", Text),
    Column("filename", Text),
    Column("content_type", Text),
    Column("extension", Text),
    Column("width", Integer),
    Column("height", Integer),
    Column("sha256", LargeBinary),
    Column("sent_sha256", LargeBinary),
    Column("stored_key", Text),
    Column("stored_thumbnail_key", Text),
    Column("review_status", Text),
    Column("review_comment", Text),
    Column("reviewed_by", Uuid),
    Column("reviewed_at", Instant),
    Column("replaces", Uuid),
    Column("replaced_by", Uuid),
    Column("version", Integer, nullable=False),
)

spent_photo_links = Table(
    "spent_photo_links",
    metadata,
    org_id(),
    Column("jti", Text, primary_key=True),
    Column("expires_at", Instant, nullable=False),
)
