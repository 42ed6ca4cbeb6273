"""What the audit log keeps of a price."""

from domain.pricing.add_on import AddOn


def audited_add_on(add_on: AddOn) -> dict[str, object]:
    return {
        "code": add_on.code,
        "name": add_on.name,
        "price_cents": add_on.price_cents,
        "minutes": add_on.minutes,
        "is_active": add_on.is_active,
    }
