from collections.abc import Mapping
from dataclasses import dataclass

from application.ports.users import User, UserFilter
from domain.identity.email import normalise_email
from domain.identity.link import Link, LinkPurpose
from domain.identity.membership import Membership
from domain.identity.person import Person
from domain.scheduling.worker import Worker
from domain.shared.errors import NotFound
from domain.shared.ids import LinkId, UserId, WorkerId


@dataclass(frozen=True, slots=True)
class MemoryUsers:
    memberships: Mapping[UserId, Membership]
    persons: Mapping[UserId, Person]
    workers: Mapping[WorkerId, Worker]
    links: Mapping[LinkId, Link]

    async def get(self, user_id: UserId) -> User:
        if user_id not in self.memberships:
            raise NotFound("user_id")
        return self._user(user_id)

    async def list_page(self, wanted: UserFilter, after: tuple[str, UserId] | None, limit: int) -> list[User]:
        found = [self._user(id_) for id_, member in self.memberships.items() if self._fits(member, wanted)]
        ordered = sorted(found, key=_place)
        return [user for user in ordered if after is None or _place(user) > after][:limit]

    def _fits(self, member: Membership, wanted: UserFilter) -> bool:
        if wanted.role not in {None, member.role} or wanted.status not in {None, member.status}:
            return False
        if wanted.q is None:
            return True
        address = self.persons[member.user_id].email_norm
        return address.startswith(normalise_email(wanted.q)) or (member.name_key or "").startswith(
            wanted.q.casefold()
        )

    def _user(self, user_id: UserId) -> User:
        worker = next((w.id for w in self.workers.values() if w.user_id == user_id), None)
        expires_at = next((link.expires_at for link in self.links.values() if _invites(link, user_id)), None)
        return User.of(self.persons[user_id], self.memberships[user_id], worker, expires_at)


def _place(user: User) -> tuple[str, UserId]:
    return user.email, user.user_id


def _invites(link: Link, user_id: UserId) -> bool:
    is_open = link.used_at is None and link.voided_at is None
    return is_open and link.user_id == user_id and link.purpose is LinkPurpose.INVITATION
