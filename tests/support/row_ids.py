"""The id of an organisation's own row that fits a place of an operation."""

from collections.abc import Mapping

from tests.support.operations import Place
from tests.support.populated import NUMBER, Populated

ELSEWHERE: Mapping[str, tuple[str, str]] = {
    "user_id": ("memberships", "user_id"),
    "team_id": ("teams", "team_id"),
    "replaces": ("order_photos", "photo_id"),
    "resource_id": ("teams", "team_id"),
    "request_id": ("admin_audit_logs", "audit_id"),
    "order_id": ("bookings", "booking_id"),
    "to_worker_id": ("workers", "worker_id"),
    "event_id": ("outbox_events", "event_id"),
    "invoice_id": ("outbox_events", "event_id"),  # no table has invoices yet: an id of theirs is as good
    "/v1/admin/break-glass/{session_id}/revoke session_id": (
        "break_glass_sessions",
        "break_glass_session_id",
    ),
}
"""Where an id is found whose name is not that of a table's key, or not of the right one on that route."""


def id_of(org: Populated, place: Place) -> str:
    """Its row's, in the table that has this name as its key."""
    if place.name == "org_id":
        return str(org.org_id)
    shapes = [shape for shape in org.rows.org_shapes if shape.key == ("org_id", place.name)]
    known = ELSEWHERE.get(f"{place.route} {place.name}") or ELSEWHERE.get(place.name)
    table, column = known or (shapes[0].table if len(shapes) == 1 else "", place.name)
    assert table, f"No table has {place.name} as its key: name one in ELSEWHERE."
    return str(org.rows.row(table, NUMBER)[column])
