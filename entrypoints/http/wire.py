"""uvicorn's HTTP/1.1, whose only answer of its own is a problem document like every other."""

from uuid_utils import uuid7
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from entrypoints.http.problems import MEDIA_TYPE, MalformedRequest, from_domain
from entrypoints.http.security_headers import security_headers

UNREADABLE = from_domain(MalformedRequest("This is not a request by HTTP/1.1, or its method is unknown."))


class Protocol(HttpToolsProtocol):
    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's signature
        """For bytes that cannot be parsed: they never reach the application."""
        request_id = uuid7().hex
        body = UNREADABLE.document("", request_id)
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            (b"x-request-id", request_id.encode()),
            *security_headers(hsts=False),
        ]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        self.transport.write(STATUS_LINE[UNREADABLE.status] + lines + b"\r\n" + body)
        self.transport.close()
