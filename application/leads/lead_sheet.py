"""A new lead as one row of the operator's spreadsheet."""

from collections.abc import Mapping
from typing import Any

from application.leads.lead_values import UTM, lead_values
from domain.delivery.export_event import ExportEvent, ExportMode, ExportStatus
from domain.delivery.sheet import Cell, Sheet
from domain.leads.lead import Lead
from domain.shared.ids import EventId
from domain.tenancy.org import Org

ABOUT = ("created_at", "org_slug", "lead_id", "source", "name", "phone", "email", "postal_code", "address")
HOME = ("service_type", "frequency")
PRICE = ("total_before_tax_cents", "currency", "duration_minutes")
VISIT = ("access_notes", "parking", "pets", "allergies", "notes")
ORIGIN = ("referrer", "referral_code", "referred_by_code")
COLUMNS = (
    *ABOUT,
    "preferred_dates",
    *HOME,
    *PRICE,
    *VISIT,
    *(f"utm_{name}" for name in UTM),
    *ORIGIN,
)
"""In the order of the sheet. New ones join at the end, so that rows of old and new days stay in line."""


def lead_for_sheet(org: Org, lead: Lead, event_id: EventId) -> ExportEvent:
    sheet = Sheet.of(COLUMNS, [_row(org, lead_values(lead, ()))])
    return ExportEvent(
        id=event_id,
        dedupe_key=f"lead:{lead.id}:export",
        lead_id=lead.id,
        mode=ExportMode.SHEETS,
        event_type="lead.created",
        status=ExportStatus.STORED,
        payload={"columns": list(sheet.columns), "rows": [list(row) for row in sheet.rows]},
        row_count=len(sheet.rows),
        created_at=lead.created_at,
    )


def _row(org: Org, values: Mapping[str, Any]) -> list[Cell]:
    home: Mapping[str, Any] = values["home"] or {}
    estimate: Mapping[str, Any] = values["estimate"] or {}
    cells: dict[str, Cell] = {
        **{name: values.get(name) for name in (*ABOUT, *VISIT, *ORIGIN)},
        "org_slug": org.slug,
        "preferred_dates": ", ".join(values["preferred_dates"]),
        **{name: home.get(name) for name in HOME},
        **{name: estimate.get(name) for name in PRICE},
        **{f"utm_{name}": values["utm"][name] for name in UTM},
    }
    return [cells[column] for column in COLUMNS]
