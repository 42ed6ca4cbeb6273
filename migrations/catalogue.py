"""The two short lists that the catalogue proof holds every table, function and grant against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

GLOBAL_TABLES: Mapping[str, str] = MappingProxyType(
    {
        "alembic_version": "how far the migrations have come; the application may only read it",
        "orgs": "which organisations exist must be known before any of them is",
    }
)
"""Tables without an organisation, each with its reason. At most a dozen."""

APPEND_ONLY = ("admin_audit_logs", "usage_events")
"""What the application adds to and can neither change nor delete."""


@dataclass(frozen=True, slots=True)
class Door:
    """A function that works past the policies, and all that its owner was granted for it."""

    reason: str
    reads: Mapping[str, Sequence[str]] = field(default_factory=dict)  # columns by table
    writes: Mapping[str, Sequence[str]] = field(
        default_factory=dict
    )  # insert, update, delete; global tables only


DOORS: Mapping[str, Door] = MappingProxyType({})
"""By name. They answer ids, states or counts only, and never write a row of an organisation."""
