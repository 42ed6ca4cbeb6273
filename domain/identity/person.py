"""Somebody with an e-mail address: one per installation, whatever the number of organisations."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from uuid import UUID

from domain.identity.email import normalise_email
from domain.shared.ids import UserId

EARLIEST_MS, SPAN_MS = 1_577_836_800_000, 157_766_400_000  # 2020 to 2024, whenever somebody is born


def new_user_id(secret: Callable[[int], bytes]) -> UserId:
    """A UUIDv7 whose time is made up: whoever invites a person must not read from the id since when, and so
    whether, the installation knows them."""
    moment = EARLIEST_MS + int.from_bytes(secret(8)) % SPAN_MS
    low = int.from_bytes(secret(10))
    version, middle, variant, last = 7 << 76, (low >> 62 & 0xFFF) << 64, 0b10 << 62, low & (1 << 62) - 1
    return UserId(UUID(int=moment << 80 | version | middle | variant | last))


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who somebody is, without any secret. A session lives only while its epoch is this person's."""

    id: UserId
    email: str
    created_at: datetime
    auth_epoch: int = 0
    mfa_enabled: bool = False
    must_change_password: bool = False
    temp_password_until: datetime | None = None  # set: the password is a temporary one
    proven_at: datetime | None = None  # when a mailed link was first used: the mailbox is theirs
    password_epoch: int = 0  # counts passwords: a link to set one dies with the password it was for

    @property
    def email_norm(self) -> str:
        return normalise_email(self.email)

    def password_counts(self, now: datetime) -> bool:
        """A temporary password stops counting when its time is over."""
        return self.temp_password_until is None or now < self.temp_password_until

    def logged_out_everywhere(self) -> Self:
        """Every session of every organisation ends with the old epoch."""
        return replace(self, auth_epoch=self.auth_epoch + 1)

    def password_changed(self) -> Self:
        """By the person: the temporary state is over, and no earlier session survives."""
        return replace(
            self.logged_out_everywhere(),
            must_change_password=False,
            temp_password_until=None,
            password_epoch=self.password_epoch + 1,
        )

    def must_choose_longer(self) -> Self:
        """The factor that let a shorter password pass is gone."""
        return replace(self, must_change_password=True)

    def factor_turned(self, *, on: bool) -> Self:
        """A second factor more or less: no earlier session survives.

        Whoever gave a temporary password can sign in with it once the factor is gone, so the proof of the
        mailbox goes too."""
        exposed = not on and self.temp_password_until is not None
        proven_at = None if exposed else self.proven_at
        return replace(self.logged_out_everywhere(), mfa_enabled=on, proven_at=proven_at)

    def temp_password_given(self, until: datetime) -> Self:
        """By somebody else: it works until changed or over, and no earlier session survives.

        Whoever gave it can sign in, unless a factor is on; then the mailbox must prove itself anew."""
        return replace(
            self.logged_out_everywhere(),
            must_change_password=True,
            temp_password_until=until,
            proven_at=self.proven_at if self.mfa_enabled else None,
            password_epoch=self.password_epoch + 1,
        )

    @property
    def link_sets_password(self) -> bool:
        """Whoever made an account for another's address must not keep its password."""
        return self.proven_at is None or self.must_change_password

    def proved_by_link(self, now: datetime) -> Self:
        """A mailed link was used. Of what was there before the mailbox was proven, nothing stays."""
        if self.proven_at is not None:
            return self
        return replace(self.logged_out_everywhere(), mfa_enabled=False, proven_at=now)
