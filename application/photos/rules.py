from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoRules:
    """What the installation says of photos and of the links to them."""

    most_bytes: int
    link_ttl_seconds: int = 60
    link_bound_to_agent: bool = True
    link_opens_once: bool = False
