from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from application.ports.clock import Clock
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from application.tenancy.read_org import OrgView
from domain.identity.actor import Actor, Need
from domain.safety.audited_actions import PERSONAL
from domain.shared.errors import Conflict, FieldFault, Invalid, NotFound
from domain.shared.versions import Expected, must_match
from domain.tenancy.org import Org, OrgProfile, slug_fault


class CurrencyInUse(Conflict):
    code = "currency_in_use"

    def __init__(self) -> None:
        super().__init__(
            "Amounts in the present currency exist.", errors=[FieldFault("currency", "is in use")]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EditOrg:
    """Only what is to change. `branding` and `contact` name the changed fields inside."""

    expected_version: Expected = None
    slug: str | None = None
    basics: Mapping[str, Any] = field(default_factory=dict)  # name, timezone, currency, travel_buffer_minutes
    branding: Mapping[str, Any] = field(default_factory=dict)
    contact: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EditOrgHandler:
    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: EditOrg) -> OrgView:
        """Raises SlugTaken, CurrencyInUse, PreconditionFailed, Invalid."""
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            view = await self._edit(unit, actor, command)
            await unit.seal(view)
        return view

    async def _edit(self, unit: Unit, actor: Actor, command: EditOrg) -> OrgView:
        profile = await unit.org.lock()
        org = await unit.directory.by_id(actor.org_id)
        if org is None:
            raise NotFound("org_id")
        must_match(profile.version, command.expected_version)
        edited = self._edited(profile, command)
        if edited.currency != profile.currency and await unit.leads.any_estimated():
            raise CurrencyInUse
        changed = _changes(profile, edited)
        if command.slug is not None and command.slug != org.slug:
            changed["slug"] = (org.slug, command.slug)
            org = await self._rename(unit, org, command.slug)
        if not changed:
            return OrgView(org, profile)
        await unit.org.save(edited)
        before = {name: old for name, (old, _) in changed.items()}
        after = {name: new for name, (_, new) in changed.items()}
        await unit.audit.record(actor, "org_updated", "org", org.id, before=before, after=after)
        return OrgView(org, edited)

    def _edited(self, profile: OrgProfile, command: EditOrg) -> OrgProfile:
        return profile.edited(
            self.clock.now(),
            **command.basics,
            branding=replace(profile.branding, **command.branding),
            contact=replace(profile.contact, **command.contact),
        )

    @staticmethod
    async def _rename(unit: Unit, org: Org, slug: str) -> Org:
        if message := slug_fault(slug):
            raise Invalid.field("slug", message)
        await unit.directory.rename(org.id, slug)
        return replace(org, slug=slug)


AUDITED = ("name", "timezone", "currency", "travel_buffer_minutes")


BRANDED = ("display_name", "logo_url", "primary_color", "email_from_name")


def _changes(before: OrgProfile, after: OrgProfile) -> dict[str, tuple[object, object]]:
    """By name. Of what may be personal it is told that it changed, not to what."""
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in AUDITED}
    changed = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    for part in ("branding", "contact"):
        old, new = asdict(getattr(before, part)), asdict(getattr(after, part))
        differing = [name for name in old if old[name] != new[name]]
        if differing:
            changed[part] = (_told(old, differing), _told(new, differing))
    return changed


def _told(values: Mapping[str, object], names: Iterable[str]) -> dict[str, object]:
    return {name: values[name] if name in BRANDED else values[name] and PERSONAL for name in names}
