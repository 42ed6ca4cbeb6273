"""One name for what prices were made of."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from domain.pricing.add_on import AddOn
from domain.pricing.price_book import PriceTerms


def pricing_hash(terms: PriceTerms, add_ons: Iterable[AddOn]) -> str:
    """`sha256:` and the digest over price book and active add-ons, as JSON in UTF-8, keys sorted, no blanks.

    Neither version nor time is part of it: the same terms have the same hash."""
    priced = {
        "add_ons": [
            {"code": row.code, "minutes": row.minutes, "name": row.name, "price_cents": row.price_cents}
            for row in sorted(add_ons, key=lambda row: row.code)
            if row.is_active
        ],
        "price_book": asdict(terms),
    }
    return f"sha256:{sha256(canonical(priced)).hexdigest()}"


def canonical(value: Any) -> bytes:
    """The one way to write a JSON value down: equal values have equal bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
