from domain.shared.ids import OrgId


class UnlimitedEntitlements:
    """An installation that sells no plans limits nobody."""

    async def allows(self, org_id: OrgId, metric: str) -> bool:  # noqa: ARG002  # the port's signature
        return True
