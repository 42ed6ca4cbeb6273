"""The photos that wait for somebody. The statement names states as the index `order_photos_in_queue` does."""

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ARRAY, Integer, Row, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from application.ports.photos import PhotoQueuePage, QueuedPhoto, QueueHalf

NAMES = tuple(field.name for field in fields(QueuedPhoto))
QUEUE = text("""
    with counts as (
        select count(*) filter (where review_status = 'pending') as pending_count,
               count(*) filter (where review_status = 'needs_retake') as needs_retake_count
          from order_photos
         where state = 'stored' and replaced_by is null and review_status in ('pending', 'needs_retake')
    ), page as (
        select * from order_photos
         where state = 'stored' and replaced_by is null and review_status in ('pending', 'needs_retake')
           and review_status = any(:halves)
         order by uploaded_at, photo_id limit :most offset :skipped
    )
    select counts.*, page.photo_id, page.booking_id, b.starts_at, profile.timezone, l.name as lead_name,
           page.uploader_name, page.phase, page.review_status, page.review_comment, page.uploaded_at,
           page.filename, page.content_type, page.size_bytes
      from counts
      left join page on true
      left join bookings b on b.org_id = page.org_id and b.booking_id = page.booking_id
      left join leads l on l.org_id = b.org_id and l.lead_id = b.lead_id
      left join org_profiles profile on profile.org_id = page.org_id
     order by page.uploaded_at, page.photo_id
""").bindparams(
    bindparam("halves", type_=ARRAY(Text)),
    *(bindparam(name, type_=Integer) for name in ("most", "skipped")),
)
"""On an empty page the counts stand alone."""


@dataclass(frozen=True, slots=True)
class PostgresPhotoQueue:
    connection: AsyncConnection

    async def page(self, halves: frozenset[QueueHalf], *, limit: int, offset: int) -> PhotoQueuePage:
        bounds = {"halves": sorted(halves), "most": limit, "skipped": offset}
        rows = (await self.connection.execute(QUEUE, bounds)).all()
        items = [_queued(row) for row in rows if row.photo_id is not None]
        return PhotoQueuePage(items, rows[0].pending_count, rows[0].needs_retake_count)


def _queued(row: Row[Any]) -> QueuedPhoto:
    return QueuedPhoto(**{name: getattr(row, name) for name in NAMES})
