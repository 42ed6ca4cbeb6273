"""What a request may name of an organisation's prices: services, frequencies, add-ons, each by its code."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from domain.pricing.add_on import AddOn
from domain.pricing.price_book import PriceTerms
from domain.shared.errors import FieldFault


class Offered(StrEnum):
    SERVICE = "service"
    FREQUENCY = "frequency"
    ADD_ON = "add_on"


@dataclass(frozen=True, slots=True)
class NamedCode:
    """A code, and where in the request it stands."""

    kind: Offered
    code: str
    pointer: str


def unknown_codes(
    terms: PriceTerms, add_ons: Iterable[AddOn], named: Iterable[NamedCode]
) -> list[FieldFault]:
    """A fault for each code that the book does not have or that no active add-on bears."""
    active = {add_on.code for add_on in add_ons if add_on.is_active}
    known = {
        Offered.SERVICE: lambda code: terms.service(code) is not None,
        Offered.FREQUENCY: lambda code: terms.frequency(code) is not None,
        Offered.ADD_ON: lambda code: code in active,
    }
    return [
        FieldFault(each.pointer, MESSAGES[each.kind]) for each in named if not known[each.kind](each.code)
    ]


MESSAGES = {
    Offered.SERVICE: "is not a service of the price book",
    Offered.FREQUENCY: "is not a frequency of the price book",
    Offered.ADD_ON: "is not an active add-on",
}
