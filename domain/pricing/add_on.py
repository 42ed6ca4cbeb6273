"""An extra that is priced and timed by the piece."""

from dataclasses import dataclass, replace
from typing import Self

from domain.pricing.price_terms_rules import CODE, MOST_CENTS, MOST_MINUTES, NAME_LENGTH
from domain.shared.errors import Conflict, FieldFault, Invalid, NotFound
from domain.shared.ids import AddOnId


class AddOnCodeTaken(Conflict):
    code = "addon_code_taken"

    def __init__(self, code: str) -> None:
        super().__init__(
            f"Another add-on has the code {code}.", errors=[FieldFault("code", "is taken by another add-on")]
        )


class AddOnNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("add_on_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOn:
    """Its code is fixed for good; it is switched off, never deleted, so that old prices keep their name."""

    id: AddOnId
    code: str
    name: str
    price_cents: int
    minutes: int
    is_active: bool = True
    version: int = 1

    def __post_init__(self) -> None:
        if faults := list(self._faults()):
            raise Invalid("The add-on does not hold together.", errors=faults)

    def changed(
        self,
        *,
        name: str | None = None,
        price_cents: int | None = None,
        minutes: int | None = None,
        is_active: bool | None = None,
    ) -> Self:
        """With what is given put in place; the same record if that changes nothing."""
        given = {"name": name, "price_cents": price_cents, "minutes": minutes, "is_active": is_active}
        new = {field: value for field, value in given.items() if value is not None}
        if all(getattr(self, field) == value for field, value in new.items()):
            return self
        return replace(self, **new, version=self.version + 1)  # type: ignore[arg-type]  # typed one by one above

    def _faults(self) -> list[FieldFault]:
        faults = []
        if CODE.fullmatch(self.code) is None:
            faults.append(FieldFault("code", "must be 1 to 40 of a-z, 0-9 and _"))
        if not 1 <= len(self.name) <= NAME_LENGTH:
            faults.append(FieldFault("name", f"must be 1 to {NAME_LENGTH} characters"))
        if type(self.price_cents) is not int or not 0 <= self.price_cents <= MOST_CENTS:
            faults.append(FieldFault("price_cents", f"must be a whole number from 0 to {MOST_CENTS}"))
        if type(self.minutes) is not int or not 0 <= self.minutes <= MOST_MINUTES:
            faults.append(FieldFault("minutes", f"must be a whole number from 0 to {MOST_MINUTES}"))
        return faults


@dataclass(frozen=True, slots=True)
class AddOnDraft:
    code: str
    name: str
    price_cents: int
    minutes: int


DEFAULT_ADD_ONS: tuple[AddOnDraft, ...] = (
    AddOnDraft("oven", "Inside the oven", 3000, 30),
    AddOnDraft("fridge", "Inside the fridge", 2000, 20),
    AddOnDraft("microwave", "Inside the microwave", 1000, 10),
    AddOnDraft("cabinets", "Inside the cabinets", 4000, 30),
    AddOnDraft("windows_up_to_5", "Windows, up to five", 3000, 30),
    AddOnDraft("balcony", "Balcony", 2500, 20),
    AddOnDraft("linen_beds", "Change bed linen", 1000, 10),
    AddOnDraft("steam_armchair", "Steam cleaning, armchair", 4500, 30),
    AddOnDraft("steam_sofa_2", "Steam cleaning, two-seat sofa", 9000, 45),
    AddOnDraft("steam_sofa_3", "Steam cleaning, three-seat sofa", 11000, 60),
    AddOnDraft("steam_sectional", "Steam cleaning, sectional sofa", 15000, 90),
    AddOnDraft("steam_mattress", "Steam cleaning, mattress", 11000, 45),
    AddOnDraft("carpet_spot", "Carpet spot cleaning", 3500, 20),
)
