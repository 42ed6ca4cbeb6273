"""How one environment variable becomes one typed value, or one fault with its remedy."""

import json
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from decimal import Decimal, InvalidOperation
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, final
from uuid import UUID

TRUE = frozenset({"true", "1", "yes", "on"})
FALSE = frozenset({"false", "0", "no", "off"})
LARGEST = 2**31 - 1
MOST_DIGITS = 10
MAPPED_BITS = 96  # of an IPv4-mapped IPv6 address, before its IPv4 part


@final
class Secret:
    """A value that no repr, log line or message may show; `reveal()` is the one way to it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "<redacted>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError("a secret is not for copying elsewhere")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the configuration and what to do about it. Never shows a value."""

    variable: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.message}. {self.remedy}"


class Unreadable(ValueError):
    """A value that does not parse; says what was expected."""


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    parse: Callable[[str], Any]


def whole(name: str, default: int | None, *, least: int = 1, most: int = LARGEST) -> Any:
    def parse(text: str) -> int:
        digits = text.removeprefix("-")
        if not (
            digits.isascii()
            and digits.isdigit()
            and len(digits) <= MOST_DIGITS
            and least <= int(text) <= most
        ):
            bound = f"of at least {least}" if most == LARGEST else f"from {least} to {most}"
            raise Unreadable(f"a whole number {bound}")
        return int(text)

    return _declare(name, parse, default)


def flag(name: str, default: bool | None) -> Any:
    def parse(text: str) -> bool:
        if text.lower() not in TRUE | FALSE:
            raise Unreadable("true or false (1/0, yes/no, on/off)")
        return text.lower() in TRUE

    return _declare(name, parse, default)


def text(name: str, default: str | None = None) -> Any:
    """Empty is as good as unset: that is how a composition passes on what its host does not set."""
    return _declare(name, lambda given: given or default, default)


def secret(name: str) -> Any:
    return _declare(name, Secret, None)


def one_of(name: str, default: Any, *choices: Any) -> Any:
    def parse(given: str) -> Any:
        if given.lower() not in {str(choice).lower() for choice in choices}:
            raise Unreadable(f"one of {', '.join(map(str, choices))}")
        return next(choice for choice in choices if str(choice).lower() == given.lower())

    return _declare(name, parse, default)


def decimal(name: str, default: str, *, least: str, most: str, places: int) -> Any:
    def parse(given: str) -> Decimal:
        try:
            value = Decimal(given)
        except InvalidOperation as error:
            raise Unreadable(f"a decimal number from {least} to {most}") from error
        exponent = value.as_tuple().exponent
        fine = value.is_finite() and isinstance(exponent, int) and -exponent <= places
        if not fine or not Decimal(least) <= value <= Decimal(most):
            raise Unreadable(f"a decimal number from {least} to {most} with at most {places} places")
        return value

    return _declare(name, parse, Decimal(default))


def uuid(name: str, default: str) -> Any:
    def parse(given: str) -> UUID:
        try:
            return UUID(given)
        except ValueError as error:
            raise Unreadable("a UUID") from error

    return _declare(name, parse, UUID(default))


def listing(name: str, default: tuple[str, ...] = ()) -> Any:
    return _declare(name, parse_list, default)


def secrets_listing(name: str) -> Any:
    return _declare(name, lambda given: tuple(Secret(item) for item in parse_list(given)), ())


def networks(name: str) -> Any:
    def parse(given: str) -> tuple[IPv4Network | IPv6Network, ...]:
        try:
            return tuple(network_of(item) for item in parse_list(given))
        except ValueError as error:
            raise Unreadable("addresses or CIDRs, as 10.0.0.0/8") from error

    return _declare(name, parse, ())


def network_of(text: str) -> IPv4Network | IPv6Network:
    """An address is the network of itself; an IPv4-mapped one is IPv4, as clients' addresses are compared."""
    network = ip_network(text, strict=False)
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if mapped is None or network.prefixlen < MAPPED_BITS:
        return network
    return IPv4Network((mapped, network.prefixlen - MAPPED_BITS), strict=False)


def parse_list(given: str) -> tuple[str, ...]:
    """A JSON array of texts, or a comma list."""
    if given.startswith("["):
        try:
            items = json.loads(given)
        except ValueError as error:
            raise Unreadable("a JSON array or a comma list") from error
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise Unreadable("a JSON array of texts or a comma list")
    else:
        items = given.split(",")
    return tuple(item.strip() for item in items if item.strip())


def _declare(name: str, parse: Callable[[str], Any], default: Any) -> Any:
    return field(default=default, metadata={"variable": Variable(name, parse)})


def variable_of(declared: Field[Any]) -> Variable:
    variable: Variable = declared.metadata["variable"]
    return variable


def read_group[T](group: type[T], environ: Mapping[str, str], faults: list[Fault]) -> T:
    """One group of settings; unset and empty mean the default."""
    values: dict[str, Any] = {}
    for declared in fields(group):  # type: ignore[arg-type]  # every group is a dataclass
        variable = variable_of(declared)
        given = environ.get(variable.name, "").strip()
        if not given:
            continue
        try:
            values[declared.name] = variable.parse(given)
        except Unreadable as error:
            faults.append(Fault(variable.name, "does not parse", f"Set it to {error}, or leave it unset"))
    return group(**values)
