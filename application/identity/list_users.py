from dataclasses import dataclass

from application.identity.members import require_admin
from application.ports.unit_of_work import UnitOfWork
from application.ports.users import User, UserFilter
from domain.identity.actor import Actor
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class ListUsers:
    wanted: UserFilter
    after: tuple[str, UserId] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class UserPage:
    users: tuple[User, ...]
    next: tuple[str, UserId] | None


@dataclass(frozen=True, slots=True)
class ListUsersHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, command: ListUsers) -> UserPage:
        """By address, then id."""
        require_admin(actor)
        async with self.uow.begin(actor.org_id) as unit:
            found = await unit.users.list_page(command.wanted, command.after, command.limit + 1)
        page = tuple(found[: command.limit])
        last = page[-1] if len(found) > len(page) else None
        return UserPage(page, None if last is None else (last.email, last.user_id))


@dataclass(frozen=True, slots=True)
class ReadUser:
    user_id: UserId


@dataclass(frozen=True, slots=True)
class ReadUserHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, command: ReadUser) -> User:
        """Raises NotFound."""
        require_admin(actor)
        async with self.uow.begin(actor.org_id) as unit:
            return await unit.users.get(command.user_id)
