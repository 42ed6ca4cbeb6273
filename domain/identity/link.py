"""A secret that travels by mail: whoever shows it has read the mailbox."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from domain.identity.person import Person
from domain.shared.ids import LinkId, UserId


class LinkPurpose(StrEnum):
    PASSWORD_RESET = "password_reset"  # noqa: S105  # a purpose, not a password
    INVITATION = "invitation"


LIFE = {LinkPurpose.PASSWORD_RESET: timedelta(minutes=30), LinkPurpose.INVITATION: timedelta(hours=72)}
RESETS_AN_HOUR = 3
KEPT_FOR = timedelta(days=1)  # longer than links of the last hour are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Known by its token's hash alone, good for one purpose and once."""

    id: LinkId
    user_id: UserId
    purpose: LinkPurpose
    token_sha256: bytes
    password_epoch: int  # the person's at its birth
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    voided_at: datetime | None = None

    @classmethod
    def to(
        cls, person: Person, purpose: LinkPurpose, link_id: LinkId, token_sha256: bytes, now: datetime
    ) -> Self:
        return cls(
            id=link_id,
            user_id=person.id,
            purpose=purpose,
            token_sha256=token_sha256,
            password_epoch=person.password_epoch,
            created_at=now,
            expires_at=now + LIFE[purpose],
        )

    def opens(self, purpose: LinkPurpose, person: Person, now: datetime) -> bool:
        """An invitation outlives a change of password; a link to set one does not."""
        return (
            self.purpose is purpose
            and self.used_at is None
            and self.voided_at is None
            and now < self.expires_at
            and (purpose is LinkPurpose.INVITATION or self.password_epoch == person.password_epoch)
        )

    def is_over(self, now: datetime) -> bool:
        """Nobody asks for it any more. An invitation that ran out is told of until renewed."""
        ended = self.used_at is not None or self.voided_at is not None
        return now >= self.created_at + KEPT_FOR and (ended or self.purpose is LinkPurpose.PASSWORD_RESET)

    def used(self, now: datetime) -> Self:
        return replace(self, used_at=now)
