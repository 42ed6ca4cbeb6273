from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoConsent:
    """Who wrote down last what the client said of photos, and when; `note` is how they said it."""

    set_by: str
    set_at: datetime
    note: str | None = None
