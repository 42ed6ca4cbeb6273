"""The sealing of the audit log: only through here does a row get its number and its hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from application.ports.audit import AuditEntry
from domain.safety.audit_chain import Head
from domain.shared.ids import AuditId, OrgId


@dataclass(frozen=True, slots=True)
class Seal:
    audit_id: AuditId
    hash: bytes


class ChainBroken(RuntimeError):
    """A number behind the head is taken: somebody wrote past this port. `audit verify` tells where."""


class AuditChain(Protocol):
    async def lock(self) -> None:
        """One sealer an organisation, until our unit ends. Others wait; who writes rows does not."""

    async def head(self) -> Head:
        """Where the chain ends, by its own account: not by the rows that are there."""

    async def list_unsealed(self, limit: int) -> Sequence[AuditEntry]:
        """Oldest first."""

    async def append(self, after: Head, seals: Sequence[Seal]) -> None:
        """Give these rows the numbers behind `after`, in their order, and move the head.

        Raises Contended unless the chain ends at `after` and every row is there and unsealed; ChainBroken."""

    async def list_links(self, after_seq: int, limit: int) -> Sequence[AuditEntry]:
        """Sealed rows in the order of their numbers."""

    async def first_beyond_head(self) -> int | None:
        """The number of a row that claims to be sealed and that the head does not know of."""


class UnsealedOrgs(Protocol):
    """A door: which organisations have rows to seal, suspended ones too."""

    async def list_orgs(self) -> Sequence[OrgId]: ...
