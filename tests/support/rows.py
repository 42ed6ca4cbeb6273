"""Makes a row of any table from its shape. Values are text, cast by the database to the column's type."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from tests.support.shapes import Column, Shape

type Row = dict[str, str | None]
type Statement = tuple[str, tuple[str | None, ...]]

START = datetime(2027, 1, 4, 9, tzinfo=UTC)

POLICY = json.dumps(
    {
        "version": 1,
        "evaluated_at": START.isoformat(),
        "lead_time_minutes": 60,
        "service_type": None,
        "total_cents": None,
        "currency": "USD",
        "first_time_client": False,
        "deposit": {
            "required": False,
            "amount_cents": 0,
            "applied_bps": 0,
            "min_cents": 0,
            "max_cents": 0,
            "reasons": [],
            "basis": "not_required",
        },
        "risk": {"score": 0, "band": "LOW"},
        "cancellation": {
            "rules": [],
            "windows": [{"label": "late", "from_minutes": 0, "to_minutes": None, "refund_percent": 0}],
        },
    }
)
# Where a check, or what the table means, asks for more than the type. {n} is the
# row's number, {org} its organisation.
GIVEN: dict[str, Mapping[str, str]] = {
    "org_profiles": {"currency": "USD"},
    "add_ons": {"code": "add_on_{n}"},
    "leads": {"referral_code": "ABCDEFG{letter}"},
    "working_hours": {"end_minute": "600"},
    "outbox_events": {"kind": "export", "next_attempt_at": "{day} 09:00Z", "replay_count": "1"},
    "email_suppressions": {"recipient": "client-{n}@example.com", "recipient_norm": "client-{n}@example.com"},
    "export_events": {"status": "dead"},
    "retired_slugs": {"left_by": "{org}"},
    "mailed_links": {"expires_at": "{day} 12:00Z"},
    "blackouts": {"ends_at": "{day} 18:00Z"},
    "bookings": {
        "ends_at": "{day} 11:00Z",
        "held_until": "{day} 11:30Z",
        "buffer_minutes": "30",
        "add_ons": "[]",
        "policy_snapshot": POLICY,
    },
    "booking_overrides": {"value": "true"},
    "time_entries": {
        "state": "FINISHED",
        "segment_starts": "{{day} 09:00Z}",
        "segment_ends": "{{day} 10:00Z}",
        "started_at": "{day} 09:00Z",
        "last_ended_at": "{day} 10:00Z",
        "finished_at": "{day} 10:00Z",
    },
    "booking_crew": {"held_until": "{day} 11:30Z"},
    "order_photos": {
        "state": "stored",
        "phase": "BEFORE",
        "filename": "kitchen {n}.jpg",
        "content_type": "image/jpeg",
        "extension": ".jpg",
        "width": "4",
        "height": "3",
        "sha256": "\\x{n}0",
        "sent_sha256": "\\x{n}0",
        "stored_key": "a/key",
        "review_status": "pending",
    },
    "spent_photo_links": {"jti": "link-{n}"},
}


class RowFactory:
    """Rows of every table of one organisation. Set n of one table refers to set n of the others."""

    def __init__(self, shapes: Iterable[Shape], org_id: UUID) -> None:
        self.shapes = {shape.table: shape for shape in shapes}
        self.org_id = org_id
        self.rows: dict[tuple[str, int], Row] = {}

    @property
    def org_shapes(self) -> list[Shape]:
        return [shape for shape in self.shapes.values() if shape.has_org]

    def row(self, table: str, number: int) -> Row:
        """The same one each time it is asked for."""
        made = self.rows.get((table, number))
        if made is None:
            made = self.rows[table, number] = self._make(self.shapes[table], number)
        return made

    def insertions(self, number: int, *, of_org: bool = True, by_app: bool = True) -> list[Statement]:
        """Set n of every table of the organisation (or of every global one), parents first.

        `by_app` False: of those that the application may only read."""
        return [
            insertion(shape, self.row(shape.table, number))
            for shape in self.shapes.values()
            if shape.has_org is of_org
            and shape.table not in {"orgs", "alembic_version"}
            and (not of_org or by_app is ("insert" in shape.rights))
        ]

    def _make(self, shape: Shape, number: int) -> Row:
        row: Row = {"org_id": str(self.org_id)} if shape.has_org else {}
        for reference in shape.references:
            if reference.parent not in {shape.table, "orgs"} and shape.requires(reference):
                row |= reference.naming(self.row(reference.parent, number))
        given = GIVEN.get(shape.table, {})
        for column in shape.columns:
            if column.name in row:
                continue
            if column.name in given:
                row[column.name] = self._fill_in(given[column.name], number)
            elif column.required:
                row[column.name] = self._value(column, number)
        return row

    def _fill_in(self, pattern: str, number: int) -> str:
        day = (START + timedelta(days=number)).date().isoformat()
        parts = {"{n}": str(number), "{day}": day, "{letter}": "ABCDEFGH"[number], "{org}": str(self.org_id)}
        for name, part in parts.items():
            pattern = pattern.replace(name, part)
        return pattern

    def _value(self, column: Column, number: int) -> str:
        if column.choices:
            return column.choices[0]
        return self._typed(column, number)

    def _typed(self, column: Column, number: int) -> str:
        instant = START + timedelta(days=number)
        seed = f"{self.org_id}:{column.name}:{number}"
        values = {
            "uuid": str(uuid4()),
            "text": f"{column.name} {number} of {self.org_id.hex[-8:]}",
            "boolean": "false",
            "bytea": "\\x" + hashlib.sha256(seed.encode()).hexdigest(),
            "jsonb": "{}",
            "date": instant.date().isoformat(),
            "timestamp with time zone": instant.isoformat(),
            "time without time zone": f"{8 + number:02d}:00",
            "inet": "192.0.2.1",
            "interval": "1 hour",
        }
        if column.type in values:
            return values[column.type]
        return "{}" if column.type.endswith("[]") else str(column.least + number)


def insertion(shape: Shape, row: Mapping[str, str | None]) -> Statement:
    types = {column.name: column.type for column in shape.columns}
    places = ", ".join(f"${place}::text::{types[name]}" for place, name in enumerate(row, start=1))
    return f"insert into {shape.table} ({', '.join(row)}) values ({places})", tuple(row.values())
