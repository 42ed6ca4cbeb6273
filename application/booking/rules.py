"""What the installation decides about bookings, beside the settings of each organisation."""

from dataclasses import dataclass

from domain.booking.circumstances import PolicyRules
from domain.scheduling.settings import BookingSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationRules:
    deposits_enabled: bool = True
    strict_policy: bool = False
    payments_available: bool = False
    public_bookings_per_contact: int = 3

    def policy(self, settings: BookingSettings) -> PolicyRules:
        return PolicyRules(
            deposit_bps=settings.deposit_bps,
            deposit_min_cents=settings.deposit_min_cents,
            deposit_max_cents=settings.deposit_max_cents,
            high_value_cents=settings.high_value_cents,
            flagged_postal_prefixes=settings.flagged_postal_prefixes,
            deposits_enabled=self.deposits_enabled,
            strict=self.strict_policy,
            payments_available=self.payments_available,
        )
