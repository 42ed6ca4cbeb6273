"""An estimate as plain values and back: the frozen copy that rows, answers and messages carry."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from types import MappingProxyType
from typing import Any

from domain.shared.estimate import AddOnLine, Estimate, Home


def home_values(home: Home) -> dict[str, Any]:
    """`baths` is a whole number where it can be, else one with a half, which a float holds exactly."""
    whole, half = divmod(home.half_baths, 2)
    return {
        "beds": home.beds,
        "baths": whole + 0.5 if half else whole,
        "service_type": home.service_type,
        "frequency": home.frequency,
        "heavy_grease": home.heavy_grease,
        "multi_floor": home.multi_floor,
        "add_ons": dict(home.add_ons),
    }


def home_of(values: Mapping[str, Any]) -> Home:
    return Home(
        beds=values["beds"],
        half_baths=int(values["baths"] * 2),
        service_type=values["service_type"],
        frequency=values["frequency"],
        heavy_grease=values["heavy_grease"],
        multi_floor=values["multi_floor"],
        add_ons=MappingProxyType(dict(values["add_ons"])),
    )


def estimate_values(estimate: Estimate) -> dict[str, Any]:
    """Every field in its order. `heavy` is for our own eyes: leave it out of answers."""
    plain = {field.name: getattr(estimate, field.name) for field in fields(estimate)}
    return {
        **plain,
        "home": home_values(estimate.home),
        "add_ons": [asdict(line) for line in estimate.add_ons],
    }


def answered_estimate(estimate: Estimate) -> dict[str, Any]:
    """As clients see it."""
    values = estimate_values(estimate)
    del values["heavy"]
    return values


def estimate_of(values: Mapping[str, Any]) -> Estimate:
    return Estimate(
        **{
            **values,
            "home": home_of(values["home"]),
            "add_ons": tuple(AddOnLine(**line) for line in values["add_ons"]),
        }
    )
