from dataclasses import dataclass
from datetime import timedelta

from domain.delivery.export_event import ExportMode


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadPolicy:
    """What the installation says about leads."""

    public_leads_per_hour: int = 20
    token_ttl: timedelta = timedelta(hours=24)
    exports: ExportMode | None = None  # how new leads leave
