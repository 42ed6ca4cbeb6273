from dataclasses import dataclass

import httpx

COUNTING = frozenset({"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"})


@dataclass(frozen=True, slots=True)
class HeaderCallers:
    """Beside tests' own credentials: whoever bears one is a caller by it, but for `junk`."""

    def named_by(self, authorization: str) -> str | None:
        genuine = authorization.startswith("Bearer ") and "junk" not in authorization
        return authorization if genuine else None


def headers_that_stay(response: httpx.Response) -> list[tuple[str, str]]:
    """All but those that count requests: they differ from one request to the next, whoever asks."""
    return sorted((name, text) for name, text in response.headers.multi_items() if name not in COUNTING)
