from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadPolicy:
    """What the installation says about leads."""

    public_leads_per_hour: int = 20
    token_ttl: timedelta = timedelta(hours=24)
    exports: bool = False  # new leads are sent to the export webhook
