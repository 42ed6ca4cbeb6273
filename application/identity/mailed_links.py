"""Making links that travel by mail, and finding out whose a token is."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import NewType

from application.delivery.sealed import seal
from application.identity.issuing import token_sha256
from application.ports.clock import Clock
from application.ports.field_cipher import FieldCipher
from application.ports.identifiers import Identifiers
from application.ports.outbox import Message
from application.ports.unit_of_work import Unit, UnitOfWork
from domain.identity.errors import LinkInvalid
from domain.identity.link import Link, LinkPurpose
from domain.identity.person import Person
from domain.shared.ids import LinkId, OrgId

PublicBaseUrl = NewType("PublicBaseUrl", str)
"""Where people's browsers find the installation; without a slash at the end."""
TOKEN_BYTES = 32
PAGES = {LinkPurpose.PASSWORD_RESET: "reset-password", LinkPurpose.INVITATION: "accept-invitation"}
TEMPLATES = {LinkPurpose.PASSWORD_RESET: "password_reset_link", LinkPurpose.INVITATION: "invitation"}


@dataclass(frozen=True, slots=True)
class LinkMailer:
    clock: Clock
    ids: Identifiers
    cipher: FieldCipher
    base_url: PublicBaseUrl

    async def send(
        self, unit: Unit, person: Person, purpose: LinkPurpose, *, role: str = "", request_id: str = ""
    ) -> Link:
        """A new link; older ones of its purpose end here. This unit has locked the person."""
        await self.void(unit, person, purpose)
        token = urlsafe_b64encode(self.ids.secret(TOKEN_BYTES)).decode().rstrip("=")
        link = Link.to(person, purpose, LinkId(self.ids.new()), token_sha256(token), self.clock.now())
        await unit.links.add(link)
        key = dedupe_key(link.id)
        address = f"{self.base_url}/{PAGES[purpose]}#token={token}"  # a fragment: no server's log has it
        message = Message(
            kind="email",
            event_type=TEMPLATES[purpose],
            dedupe_key=key,
            resource_type="person",
            resource_id=person.id,
            payload={"to": person.email, **({"role": role} if role else {})},
            secret_sealed=seal(self.cipher, key, address),
            expires_at=link.expires_at,
        )
        await unit.outbox.add(message, request_id=request_id)
        return link

    async def void(self, unit: Unit, person: Person, purpose: LinkPurpose) -> None:
        """No link of this purpose opens anything any more, and none that still waits is sent."""
        for link_id in await unit.links.void(person.id, purpose, self.clock.now()):
            await unit.outbox.withdraw(dedupe_key(link_id))


def dedupe_key(link_id: LinkId) -> str:
    return f"link:{link_id}"


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A good link as it was a moment ago. Before it counts it must be looked at again, its person locked."""

    org_id: OrgId
    link: Link
    person: Person
    password_hash: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class LinkReader:
    uow: UnitOfWork
    clock: Clock

    async def look_up(self, token: str, purpose: LinkPurpose) -> ShownLink:
        """Changes nothing. Raises LinkInvalid."""
        digest = token_sha256(token)
        async with self.uow.begin_global() as shared:
            org_id = await shared.link_owners.find(digest)
        if org_id is None:
            raise LinkInvalid
        async with self.uow.begin(org_id) as unit:
            link = await unit.links.find(digest)
            if link is None:
                raise LinkInvalid
            person = await unit.persons.get(link.user_id)
            secret = await unit.person_secrets.for_step_up(person.id)
        if not link.opens(purpose, person, self.clock.now()):
            raise LinkInvalid
        return ShownLink(org_id, link, person, secret.password_hash if secret else None)


async def spend(unit: Unit, clock: Clock, shown: ShownLink) -> Person:
    """Use the link up; the person, locked. Raises LinkInvalid if it was used or ended meanwhile, or if what
    the person was asked for is no longer what counts."""
    now = clock.now()
    person = await unit.persons.lock(shown.person.id)
    link = await unit.links.find(shown.link.token_sha256)  # again: whoever had the lock may have used it
    changed = person.link_sets_password != shown.person.link_sets_password
    if link is None or changed or not link.opens(link.purpose, person, now):
        raise LinkInvalid
    await unit.links.save(link.used(now))
    return person
