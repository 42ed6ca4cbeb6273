"""A form with a file, read while it streams in: the file goes to disk as it comes, never whole into memory.

Names and types that the sender gives are taken down and believed in nothing.
"""

import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from anyio.to_thread import run_sync
from litestar import Request
from litestar.exceptions import InternalServerException
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from domain.shared.errors import FieldFault, Unavailable
from entrypoints.http.problems import MalformedBody, MalformedRequest, PayloadTooLarge, UnsupportedMediaType
from entrypoints.http.validation import refuse
from entrypoints.http.values import MISSING, Findings, shape_of

MOST_PARTS = 20
MOST_TEXT_BYTES = 8 * 1024
HELD_BYTES = 256 * 1024  # of the file, before a thread writes them down
FILE = "file"
RETRY_AFTER_SECONDS = 10


@dataclass(frozen=True, slots=True)
class SentFile:
    """`name` as the sender has it, whatever that is."""

    path: Path
    name: str
    sha256: bytes


@dataclass(slots=True)
class _Part:
    headers: dict[bytes, bytes] = field(default_factory=dict)
    name: str = ""
    filename: str | None = None
    text: bytearray = field(default_factory=bytearray)
    text_bytes: int = 0  # that came, and are not kept beyond the most


@dataclass(slots=True)
class _Form:
    """What the parser calls back. `held` is what came of the file and is not on disk yet."""

    most_file_bytes: int
    texts: dict[str, str] = field(default_factory=dict)
    faults: Findings = field(default_factory=Findings)
    digest: Any = field(default_factory=hashlib.sha256)
    held: bytearray = field(default_factory=bytearray)
    file_bytes: int = 0
    filename: str | None = None  # None: no file came
    parts: int = 0
    is_whole: bool = False
    _part: _Part = field(default_factory=_Part)
    _header: tuple[bytearray, bytearray] = field(default_factory=lambda: (bytearray(), bytearray()))

    def callbacks(self) -> dict[str, Any]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._read_headers,
            "on_part_data": self._take,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self.parts += 1
        if self.parts > MOST_PARTS:
            raise MalformedBody(f"The form has more than {MOST_PARTS} parts.")
        self._part = _Part()

    def _end_header(self) -> None:
        name, value = self._header
        self._part.headers[bytes(name).lower()] = bytes(value)
        self._header = (bytearray(), bytearray())

    def _read_headers(self) -> None:
        kind, options = parse_options_header(self._part.headers.get(b"content-disposition", b""))
        if kind != b"form-data" or b"name" not in options:
            raise MalformedBody("A part of the form does not say what it is called.")
        self._part.name = options[b"name"].decode("utf-8", "replace")
        if b"filename" in options:
            self._part.filename = options[b"filename"].decode("utf-8", "replace")
        if self._part.name == FILE:
            if self.filename is not None:
                self.faults.append(FieldFault(FILE, "is given more than once"))
            self.filename = self._part.filename or ""

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._part.name != FILE:
            self._part.text_bytes += end - start
            if self._part.text_bytes <= MOST_TEXT_BYTES:
                self._part.text += data[start:end]
            return
        self.file_bytes += end - start
        if self.file_bytes > self.most_file_bytes:
            raise PayloadTooLarge(f"The file is larger than {self.most_file_bytes} bytes.")
        self.held += data[start:end]

    def _end_part(self) -> None:
        part = self._part
        if part.name == FILE:
            return
        if part.name in self.texts:
            self.faults.append(FieldFault(part.name[:100], "is given more than once"))
        self.texts[part.name] = ""
        if part.text_bytes > MOST_TEXT_BYTES:
            self.faults.append(FieldFault(part.name[:100], f"has more than {MOST_TEXT_BYTES} bytes"))
            return
        try:
            self.texts[part.name] = part.text.decode()
        except UnicodeDecodeError:
            self.faults.append(FieldFault(part.name[:100], "is not text in UTF-8"))

    def _end(self) -> None:
        self.is_whole = True

    def write_down(self, file: BinaryIO) -> None:
        """In a thread. What fails, fails here, and not when the file is closed."""
        self.digest.update(self.held)
        with _room():
            file.write(self.held)
            file.flush()
        self.held = bytearray()


@contextmanager
def _room() -> Iterator[None]:
    """Raises Unavailable where the host has none left."""
    try:
        yield
    except OSError as error:
        raise Unavailable(
            "No file can be taken right now.", retry_after_seconds=RETRY_AFTER_SECONDS
        ) from error


@asynccontextmanager
async def received[F: msgspec.Struct](
    request: Request[Any, Any, Any], fields: type[F], most_file_bytes: int
) -> AsyncIterator[tuple[F, SentFile]]:
    """The form's fields and its `file`, which goes with the context.

    Raises Invalid naming every fault, MalformedBody, PayloadTooLarge, UnsupportedMediaType, Unavailable."""
    form = _Form(most_file_bytes)
    parser = MultipartParser(_boundary(request), form.callbacks())  # type: ignore[arg-type]  # a plain mapping
    with _room():
        holder = tempfile.TemporaryDirectory(prefix="sweepline-upload-")
    with holder as folder:
        path = Path(folder) / "file"
        with path.open("wb") as file:
            async for chunk in _chunks(request):
                _parse(parser, chunk)
                if len(form.held) >= HELD_BYTES:
                    await run_sync(form.write_down, file)
            await run_sync(form.write_down, file)
        if not form.is_whole:
            raise MalformedBody("The form ended before its last boundary.")
        values = _settled(form, fields)
        yield values, SentFile(path, form.filename or "", form.digest.digest())


def _settled[F: msgspec.Struct](form: _Form, fields: type[F]) -> F:
    """Left blank is left out, as browsers send it."""
    optional = {each.encode_name for each in msgspec.structs.fields(fields) if not each.required}
    given = {name: text for name, text in form.texts.items() if text.strip() or name not in optional}
    settled = shape_of(fields).settle(given, "", form.faults)
    if form.filename is None:
        form.faults.append(FieldFault(FILE, "is required"))
    if form.faults or settled is MISSING:
        raise refuse(form.faults)
    return settled  # type: ignore[no-any-return]  # of the shape of `fields`


def _boundary(request: Request[Any, Any, Any]) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data":
        raise UnsupportedMediaType("This route reads multipart/form-data.")
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= 70:  # noqa: PLR2004  # RFC 2046, 5.1.1
        raise MalformedBody("The form's boundary is missing, or longer than it may be.")
    return boundary


def _parse(parser: MultipartParser, chunk: bytes) -> None:
    try:
        parser.write(chunk)
    except FormParserError as error:
        raise MalformedBody("The form cannot be read as multipart/form-data.") from error


async def _chunks(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            if chunk:
                yield chunk
    except InternalServerException as error:  # Litestar's word for a client that left
        raise MalformedRequest("The body ended before it was complete.") from error
