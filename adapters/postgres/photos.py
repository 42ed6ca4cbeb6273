from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import LargeBinary, Text, Uuid

from adapters.postgres.errors import constraint_of
from adapters.postgres.tables.metadata import Instant
from adapters.postgres.tables.photos import order_photos, spent_photo_links
from application.ports.photos import PhotoPosition, TwinStored
from domain.photos.photo import Phase, Photo, Picture, Reservation, ReviewStatus, Uploader, UploaderKind
from domain.photos.refusals import PhotoNotFound
from domain.shared.ids import BookingId, OrgId, PhotoId

p, s = order_photos.c, spent_photo_links.c
COLUMNS = [column for column in order_photos.columns if column.name != "org_id"]
IS_STORED: ColumnElement[bool] = p.state == literal_column("'stored'")  # as the partial indexes say it
IS_UPLOADING: ColumnElement[bool] = p.state == literal_column("'uploading'")
ID = bindparam("id", type_=Uuid)
BOOKING = bindparam("booking_id", type_=Uuid)
PLACE = tuple_(p.uploaded_at, p.photo_id)
LIMIT = bindparam("limit", type_=Integer)
FORGOTTEN_AT_ONCE = 100

READ = select(*COLUMNS).where(IS_STORED)
FIND = READ.where(p.photo_id == ID)
GET = FIND.where(p.booking_id == BOOKING)
LOCK = GET.with_for_update(key_share=True)
SAME = READ.where(
    p.booking_id == BOOKING,
    p.phase == bindparam("phase", type_=Text),
    p.sent_sha256 == bindparam("sent_sha256", type_=LargeBinary),
)
FIRST_PAGE = READ.where(p.booking_id == BOOKING).order_by(p.uploaded_at, p.photo_id).limit(LIMIT)
NEXT_PAGE = FIRST_PAGE.where(
    tuple_(bindparam("after_at", type_=Instant), bindparam("after_id", type_=Uuid)) < PLACE
)
RESERVE = insert(order_photos)
STORE = update(order_photos).where(p.photo_id == bindparam("id", type_=Uuid), IS_UPLOADING)
SAVE = update(order_photos).where(p.photo_id == bindparam("id", type_=Uuid), IS_STORED)
DELETE = delete(order_photos).where(p.photo_id == ID)
STALE = (
    select(*COLUMNS)
    .where(IS_UPLOADING, p.uploaded_at < bindparam("before", type_=Instant))
    .order_by(p.uploaded_at)
    .limit(LIMIT)
    .with_for_update(skip_locked=True)
)
CLAIM = upsert(spent_photo_links).on_conflict_do_nothing(index_elements=[s.org_id, s.jti]).returning(s.jti)
_stale = func.orgs_with_stale_uploads(bindparam("before", type_=Instant)).column_valued("org_id")
STALE_ORGS = select(_stale).order_by(_stale)
_run_out = (
    select(s.org_id, s.jti)
    .where(s.expires_at < bindparam("now", type_=Instant))
    .limit(FORGOTTEN_AT_ONCE)
    .with_for_update(skip_locked=True)
)
FORGET = delete(spent_photo_links).where(tuple_(s.org_id, s.jti).in_(_run_out))


@dataclass(frozen=True, slots=True)
class PostgresPhotos:
    connection: AsyncConnection

    async def get(self, booking_id: BookingId, photo_id: PhotoId) -> Photo:
        rows = await self.connection.execute(GET, {"id": photo_id, "booking_id": booking_id})
        return _one(rows.one_or_none())

    async def find(self, photo_id: PhotoId) -> Photo | None:
        row = (await self.connection.execute(FIND, {"id": photo_id})).one_or_none()
        return None if row is None else _photo(row)

    async def lock(self, booking_id: BookingId, photo_id: PhotoId) -> Photo:
        rows = await self.connection.execute(LOCK, {"id": photo_id, "booking_id": booking_id})
        return _one(rows.one_or_none())

    async def find_same(self, booking_id: BookingId, phase: Phase, sent_sha256: bytes) -> Photo | None:
        values = {"booking_id": booking_id, "phase": phase.value, "sent_sha256": sent_sha256}
        row = (await self.connection.execute(SAME, values)).one_or_none()
        return None if row is None else _photo(row)

    async def list_page(
        self, booking_id: BookingId, after: PhotoPosition | None, limit: int
    ) -> Sequence[Photo]:
        values: dict[str, Any] = {"booking_id": booking_id, "limit": limit}
        if after is None:
            return [_photo(row) for row in await self.connection.execute(FIRST_PAGE, values)]
        values |= {"after_at": after.uploaded_at, "after_id": after.photo_id}
        return [_photo(row) for row in await self.connection.execute(NEXT_PAGE, values)]

    async def reserve(self, reservation: Reservation) -> None:
        await self.connection.execute(
            RESERVE,
            {
                "photo_id": reservation.id,
                "booking_id": reservation.booking_id,
                "state": "uploading",
                "size_bytes": reservation.reserved_bytes,
                "uploaded_at": reservation.begun_at,
                "version": 1,
                **_uploader_columns(reservation.uploader),
            },
        )

    async def store(self, photo: Photo) -> None:
        try:
            done = await self.connection.execute(STORE.values(_stored_columns(photo)), {"id": photo.id})
        except IntegrityError as error:
            if constraint_of(error) == "order_photos_same_bytes":
                raise TwinStored from error
            raise
        if not done.rowcount:
            raise PhotoNotFound

    async def save(self, photo: Photo) -> None:
        await self.connection.execute(SAVE.values(_changing_columns(photo)), {"id": photo.id})

    async def delete(self, photo_id: PhotoId) -> None:
        await self.connection.execute(DELETE, {"id": photo_id})

    async def claim_stale(self, begun_before: datetime, limit: int) -> Sequence[Reservation]:
        rows = await self.connection.execute(STALE, {"before": begun_before, "limit": limit})
        return [_reservation(row) for row in rows]


@dataclass(frozen=True, slots=True)
class PostgresSpentLinks:
    connection: AsyncConnection

    async def claim(self, jti: str, expires_at: datetime, now: datetime) -> bool:
        await self.connection.execute(FORGET, {"now": now})
        claimed = await self.connection.execute(CLAIM, {"jti": jti, "expires_at": expires_at})
        return claimed.one_or_none() is not None


@dataclass(frozen=True, slots=True)
class PostgresStaleUploads:
    connection: AsyncConnection

    async def list_orgs(self, begun_before: datetime) -> Sequence[OrgId]:
        found = await self.connection.execute(STALE_ORGS, {"before": begun_before})
        return [OrgId(org_id) for org_id in found.scalars()]


def _one(row: Row[*tuple[Any, ...]] | None) -> Photo:
    if row is None:
        raise PhotoNotFound
    return _photo(row)


def _photo(row: Row[*tuple[Any, ...]]) -> Photo:
    return Photo(
        id=row.photo_id,
        booking_id=row.booking_id,
        phase=Phase(row.phase),
        filename=row.filename,
        picture=Picture(
            content_type=row.content_type,
            extension=row.extension,
            size_bytes=row.size_bytes,
            width=row.width,
            height=row.height,
            sha256=row.sha256,
            sent_sha256=row.sent_sha256,
            stored_key=row.stored_key,
            stored_thumbnail_key=row.stored_thumbnail_key,
        ),
        uploader=_uploader(row),
        uploaded_at=row.uploaded_at,
        review_status=ReviewStatus(row.review_status),
        review_comment=row.review_comment,
        reviewed_by=row.reviewed_by,
        reviewed_at=row.reviewed_at,
        replaces=row.replaces,
        replaced_by=row.replaced_by,
        version=row.version,
    )


def _reservation(row: Row[*tuple[Any, ...]]) -> Reservation:
    return Reservation(
        id=row.photo_id,
        booking_id=row.booking_id,
        uploader=_uploader(row),
        reserved_bytes=row.size_bytes,
        begun_at=row.uploaded_at,
    )


def _uploader(row: Row[*tuple[Any, ...]]) -> Uploader:
    return Uploader(UploaderKind(row.uploader_kind), row.uploader_id, row.uploader_name)


def _uploader_columns(uploader: Uploader) -> Mapping[str, Any]:
    return {
        "uploader_kind": uploader.kind.value,
        "uploader_id": uploader.id,
        "uploader_name": uploader.name,
    }


def _stored_columns(photo: Photo) -> Mapping[str, Any]:
    picture = photo.picture
    return {
        "state": "stored",
        "phase": photo.phase.value,
        "filename": photo.filename,
        "content_type": picture.content_type,
        "extension": picture.extension,
        "size_bytes": picture.size_bytes,
        "width": picture.width,
        "height": picture.height,
        "sha256": picture.sha256,
        "sent_sha256": picture.sent_sha256,
        "stored_key": picture.stored_key,
        "stored_thumbnail_key": picture.stored_thumbnail_key,
        "uploaded_at": photo.uploaded_at,
        **_uploader_columns(photo.uploader),
        **_changing_columns(photo),
    }


def _changing_columns(photo: Photo) -> Mapping[str, Any]:
    return {
        "review_status": photo.review_status.value,
        "review_comment": photo.review_comment,
        "reviewed_by": photo.reviewed_by,
        "reviewed_at": photo.reviewed_at,
        "replaces": photo.replaces,
        "replaced_by": photo.replaced_by,
        "version": photo.version,
    }
