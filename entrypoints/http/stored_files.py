"""Files that we serve ourselves, to whoever has a link that we signed."""

from typing import Annotated, cast

import msgspec
from dishka import FromDishka
from litestar import Controller, Response
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from application.storage.serve_file import ServeFile, ServeFileHandler
from domain.identity.actor import Need
from domain.shared.errors import NotFound
from domain.storage.object_keys import MOST_LENGTH
from entrypoints.http.routes import get
from entrypoints.settings import Settings
from entrypoints.wiring.storage import SERVED_BY_US

Key = Annotated[str, msgspec.Meta(max_length=MOST_LENGTH + 1)]  # with a slash before it
Expires = Annotated[int, msgspec.Meta(ge=0, le=10**11)]
Signature = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class StoredFilesController(Controller):
    path = "/v1/storage/local"
    tags = ["photos"]

    @get(
        "/{key:path}",
        need=Need.PUBLIC,
        summary="A stored file, by the link that was signed for it",
        success="The bytes, as the type that the link was signed for",
        problems=("file_link_invalid", "not_found", "upstream_unavailable"),
        media_type=("image/jpeg", "image/png", "image/webp"),
    )
    async def serve(
        self,
        key: FromPath[Key],
        exp: FromQuery[Expires],
        sig: FromQuery[Signature],
        settings: FromDishka[Settings],
        handler: FromDishka[ServeFileHandler],
    ) -> Response[bytes]:
        """Local disk alone: other stores have addresses of their own. A browser runs nothing of it."""
        if settings.storage.backend not in SERVED_BY_US:
            raise NotFound(detail="There is nothing at this address.")
        rest = key.removeprefix("/")  # the router gives what is left of the path from a slash on
        content_type, file = await handler.handle(ServeFile(rest, exp, sig))
        headers = {
            "content-length": str(file.size_bytes),
            "content-security-policy": "sandbox; default-src 'none'",
            "content-disposition": "inline",
            "x-robots-tag": "noindex",
        }
        return cast("Response[bytes]", Stream(file.chunks, media_type=content_type, headers=headers))
