"""The two short lists that the catalogue proof holds every table and function against."""

from types import MappingProxyType

GLOBAL_TABLES = MappingProxyType(
    {
        "orgs": "which organisations exist must be known before any of them is",
        "alembic_version": "how far the migrations have come; the application may only read it",
    }
)
"""Tables without an organisation, each with its reason. At most a dozen."""

DOORS: MappingProxyType[str, str] = MappingProxyType({})
"""Functions that read past the policies, each with its reason: ids, states or counts only."""
