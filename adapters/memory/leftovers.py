from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from domain.shared.ids import OrgId

if TYPE_CHECKING:
    from adapters.memory.tables import OrgTables


@dataclass(frozen=True, slots=True)
class MemoryLeftovers:
    tables: "OrgTables"

    async def purge(self, now: datetime, limit: int) -> int:
        tables = self.tables
        keys = sorted(
            (row.expires_at, key) for key, row in tables.idempotency_keys.items() if row.expires_at <= now
        )[:limit]
        over = [
            session
            for session in tables.sessions.values()
            if max(session.expires_at, session.refresh_expires_at) <= now
        ]
        sessions = sorted(over, key=lambda session: (session.refresh_expires_at, session.id))[:limit]
        gone = {session.id for session in sessions}
        links = [link for link in tables.mailed_links.values() if link.is_over(now)]
        links = sorted(links, key=lambda link: (link.created_at, link.id))[:limit]
        for _, key in keys:
            del tables.idempotency_keys[key]
        for session_id in gone:
            del tables.sessions[session_id]
        for digest, token in list(tables.refresh_tokens.items()):
            if token.session_id in gone:
                del tables.refresh_tokens[digest]
        for link in links:
            del tables.mailed_links[link.id]
        return len(keys) + len(sessions) + len(links)


@dataclass(frozen=True, slots=True)
class MemoryLeftoverOrgs:
    tables_by_org: "Mapping[OrgId, OrgTables]"

    async def list_orgs(self, now: datetime) -> Sequence[OrgId]:
        return sorted(org_id for org_id, tables in self.tables_by_org.items() if _has_any(tables, now))


def _has_any(tables: "OrgTables", now: datetime) -> bool:
    keys = any(row.expires_at <= now for row in tables.idempotency_keys.values())
    over = any(session.refresh_expires_at <= now for session in tables.sessions.values())
    return keys or over or any(link.is_over(now) for link in tables.mailed_links.values())
