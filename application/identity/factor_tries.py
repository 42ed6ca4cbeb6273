from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from application.identity.log_out import own
from application.identity.origin import Origin
from application.identity.second_factor import FactorProof
from application.identity.throttling import Throttling
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor
from domain.identity.errors import InvalidMfaCode
from domain.identity.person import Person


@dataclass(frozen=True, slots=True)
class FactorTries:
    """Goes around the transaction in which a proof of the second factor is spent: counted before it is
    compared, given back if it was right, on record if it was wrong. The limit lets nobody through."""

    uow: UnitOfWork
    throttling: Throttling

    @asynccontextmanager
    async def of_person(
        self, origin: Origin, person: Person, proof: FactorProof, purpose: str
    ) -> AsyncIterator[None]:
        """Raises TooManyTries. Without a factor or without a proof there is nothing to guess."""
        if not (person.mfa_enabled and proof.given):
            yield
            return
        async with self._counted(origin, person, purpose):
            yield

    @asynccontextmanager
    async def of_caller(self, actor: Actor, proof: FactorProof, purpose: str) -> AsyncIterator[None]:
        """The same for who is signed in."""
        person = await self._person(actor)
        async with self.of_person(_origin(actor), person, proof, purpose):
            yield

    @asynccontextmanager
    async def of_confirming(self, actor: Actor, purpose: str) -> AsyncIterator[None]:
        """The same for a factor that is not on yet: who stole the session must not guess it on."""
        async with self._counted(_origin(actor), await self._person(actor), purpose):
            yield

    @asynccontextmanager
    async def _counted(self, origin: Origin, person: Person, purpose: str) -> AsyncIterator[None]:
        admission = await self.throttling.admit_code(origin, person.email)
        if admission.refusal is not None:
            await self.throttling.wrong(admission, purpose)
            raise admission.refusal
        try:
            yield
        except InvalidMfaCode:
            await self.throttling.wrong(admission, purpose, person.id)
            raise
        except Exception:  # nothing was guessed
            await self.throttling.undo(admission)
            raise
        await self.throttling.right(admission)

    async def _person(self, actor: Actor) -> Person:
        user_id, _ = own(actor)
        async with self.uow.begin_global() as shared:
            return await shared.persons.get(user_id)


def _origin(actor: Actor) -> Origin:
    return Origin(actor.request_id, actor.ip, actor.user_agent)
