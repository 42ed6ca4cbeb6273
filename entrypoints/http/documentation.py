"""The OpenAPI document, and a page to try it out that needs nothing from elsewhere."""

from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response
from litestar.params import FromPath

from domain.identity.actor import Need
from domain.shared.errors import NotFound
from entrypoints.http.openapi import document_of
from entrypoints.http.routes import get

STATIC = Path(__file__).parent / "static"
ASSETS = {
    "docs.js": (STATIC / "docs.js", "text/javascript"),
    "docs.css": (STATIC / "docs.css", "text/css"),
    "icon.svg": (STATIC / "icon.svg", "image/svg+xml"),
    "swagger-ui-bundle.js": (STATIC / "vendor/swagger-ui/swagger-ui-bundle.js", "text/javascript"),
    "swagger-ui.css": (STATIC / "vendor/swagger-ui/swagger-ui.css", "text/css"),
}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
A_DAY = {"cache-control": "public, max-age=86400"}


class DocumentationController(Controller):
    tags = ["documentation"]

    @get("/openapi.json", need=Need.PUBLIC, ungated=True, summary="The OpenAPI 3.1 document")
    async def document(self, request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
        """This document."""
        state = request.app.state
        if "openapi" not in state:
            state["openapi"] = document_of(request.app)
        return Response(state["openapi"], media_type="application/json")

    @get("/docs", need=Need.PUBLIC, ungated=True, summary="Interactive documentation", media_type="text/html")
    async def page(self) -> Response[str]:
        """Works without internet, under this API's own Content-Security-Policy."""
        return Response(
            file_bytes(STATIC / "docs.html"),  # type: ignore[arg-type]  # bytes pass as they are
            media_type="text/html",
            headers={"content-security-policy": PAGE_POLICY},
        )

    @get(
        "/docs/{asset:str}",
        need=Need.PUBLIC,
        ungated=True,
        summary="A part of that page",
        include_in_schema=False,
    )
    async def asset(self, asset: FromPath[Annotated[str, msgspec.Meta(max_length=100)]]) -> Response[bytes]:
        if asset not in ASSETS:
            raise NotFound(detail="There is nothing at this address.")
        path, media_type = ASSETS[asset]
        return Response(file_bytes(path), media_type=media_type, headers=A_DAY)


@cache
def file_bytes(path: Path) -> bytes:
    return path.read_bytes()
