import os
import threading

import anyio
import pytest

from adapters.argon2.passwords import AT_ONCE, NICENESS, QUEUE, Argon2Passwords, Cost
from domain.identity.errors import Overloaded

CHEAP = Cost(time=1, memory_kib=8, parallelism=1)
PASSWORD = "correct horse battery staple"


async def test_a_password_matches_its_own_hash_alone() -> None:
    passwords = Argon2Passwords(CHEAP)
    stored = await passwords.hash(PASSWORD)
    assert stored.startswith("$argon2id$")
    assert stored != await passwords.hash(PASSWORD)
    assert (await passwords.verify(PASSWORD, stored)).matches
    for wrong in (PASSWORD.title(), PASSWORD + " ", "", "x" * 10_000, "\x00", PASSWORD + "\x00"):
        assert not (await passwords.verify(wrong, stored)).matches


async def test_one_spelling_is_as_good_as_another() -> None:
    passwords = Argon2Passwords(CHEAP)
    stored = await passwords.hash("caf\u00e9 au lait, tr\u00e8s noir")
    assert (await passwords.verify("cafe\u0301 au lait, tre\u0300s noir", stored)).matches


@pytest.mark.parametrize("stored", [None, "", "junk", "$argon2id$v=19$m=8,t=1,p=1$broken", "sha256$a$b"])
async def test_without_a_good_hash_nothing_matches(stored: str | None) -> None:
    assert not (await Argon2Passwords(CHEAP).verify(PASSWORD, stored)).matches


async def test_other_parameters_than_today_s_are_due_for_another_hash() -> None:
    stored = await Argon2Passwords(CHEAP).hash(PASSWORD)
    assert not (await Argon2Passwords(CHEAP).verify(PASSWORD, stored)).rehash_due
    dearer = Argon2Passwords(Cost(time=2, memory_kib=16, parallelism=1))
    assert (await dearer.verify(PASSWORD, stored)).rehash_due
    assert not (await dearer.verify("wrong", stored)).rehash_due


async def test_too_many_at_once_are_sent_away_and_the_rest_are_served() -> None:
    passwords = Argon2Passwords()
    outcomes: list[str] = []

    async def one() -> None:
        try:
            await passwords.verify(PASSWORD, None)
        except Overloaded as refusal:
            outcomes.append("sent away" if refusal.retry_after_seconds else "left alone")
        else:
            outcomes.append("served")

    async with anyio.create_task_group() as tasks:
        for _ in range(AT_ONCE + QUEUE + 7):
            tasks.start_soon(one)
    assert outcomes.count("sent away") == 7
    assert outcomes.count("served") == AT_ONCE + QUEUE
    assert not (await passwords.verify(PASSWORD, None)).matches


async def test_hashing_stands_back_behind_everybody_else() -> None:
    """The threads that hash, and no other: requests are answered while two cores are busy with passwords."""

    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    passwords = Argon2Passwords(CHEAP)
    before = niceness()
    found = {await passwords._in_a_thread(niceness) for _ in range(3)}
    assert found == {NICENESS}
    assert (niceness(), before < NICENESS) == (before, True)
