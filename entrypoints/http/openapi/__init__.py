"""The OpenAPI 3.1 document, made from what the routes themselves enforce."""

from entrypoints.http.openapi.document import document_of

__all__ = ["document_of"]
