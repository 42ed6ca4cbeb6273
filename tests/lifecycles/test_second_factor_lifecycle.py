"""The second factor in whatever order things happen (identity page, §6, states; §14, 6).

none → pending → enabled → enabled with a pending replacement → enabled or none: the real handlers over
memory, compared after every step with a model that knows no more than the contract says."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.system.identifiers import SystemIdentifiers
from application.identity.issuing import IssuedTokens
from application.identity.second_factor import NO_PROOF, FactorProof
from domain.identity.actor import Actor
from domain.identity.errors import InvalidMfaCode, MfaNotEnrolled, MfaRequired
from domain.shared.errors import DomainError
from tests.support.authenticator import Authenticator
from tests.support.clock import FixedClock
from tests.support.factors import Owner, an_owner, code, recovery
from tests.support.login import Desk, caller

ASIDE = st.sampled_from([-2, -1, 0, 1, 2])
TIMES = st.sampled_from([1, 29, 30, 61, 300, 899, 900, 901])


@dataclass
class Model:
    """What the contract lets one expect."""

    phone: Authenticator | None = None
    last_step: int = 0
    recovery: list[str] = field(default_factory=list)
    spent: list[str] = field(default_factory=list)  # or void
    pending: Authenticator | None = None
    pending_until: datetime | None = None

    def turned_on(self, step: int, codes: list[str]) -> None:
        self.spent += self.recovery
        self.phone, self.last_step, self.recovery, self.pending = self.pending, step, codes, None

    def turned_off(self) -> None:
        self.spent += self.recovery
        self.phone, self.recovery, self.pending = None, [], None


class FactorMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.model = Model()
        self.wrong: list[datetime] = []
        self.born: list[tuple[Actor, int]] = []  # sessions, with the epoch of their birth

    def teardown(self) -> None:
        self.runner.close()

    @initialize()
    def found(self) -> None:
        self.clock = FixedClock()
        self.uow = MemoryUnitOfWork(self.clock, SystemIdentifiers())
        self.desk = Desk(self.uow, self.clock)
        self.owner: Owner = self.runner.run(an_owner(self.desk, self.clock))

    # how things are asked

    def answer[T](self, deed: Awaitable[T]) -> T | str:
        """What it answers, or the words of its refusal."""

        async def run() -> T | str:
            try:
                return await deed
            except DomainError as refused:
                return refused.detail

        answer = self.runner.run(run())
        if answer == InvalidMfaCode().detail:
            self.wrong.append(self.clock.now())
        return answer

    def keep_within_the_limit(self) -> None:
        lately = [at for at in self.wrong if self.clock.now() - at < timedelta(minutes=5)]
        if len(lately) >= 3:  # the next rule may add two, and five are too many
            self.clock.advance(minutes=5)

    def actor(self) -> Actor:
        """A session of now, by a code that nobody has seen."""
        proof = NO_PROOF
        if self.model.phone is not None:
            proof = code(self.model.phone.next())
            while self.step() <= self.model.last_step:
                proof = code(self.model.phone.next())
            self.model.last_step = self.step()
        tokens = self.answer(self.desk.log_in(self.owner.email, proof=proof))
        assert isinstance(tokens, IssuedTokens), tokens
        actor = caller(tokens)
        self.born.append((actor, self.epoch()))
        return actor

    def step(self, aside: int = 0) -> int:
        return int(self.clock.now().timestamp()) // 30 + aside

    def epoch(self) -> int:
        return self.uow.shared.persons[self.owner.user_id].auth_epoch

    def expected_of_code(self, aside: int) -> str | None:
        """None: it is good, and spent by being so."""
        if abs(aside) > 1 or self.step(aside) <= self.model.last_step:
            return InvalidMfaCode().detail
        self.model.last_step = self.step(aside)
        return None

    # what happens

    @rule(seconds=TIMES)
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    @rule()
    def somebody_logs_in_without_a_proof(self) -> None:
        answer = self.answer(self.desk.log_in(self.owner.email))
        if self.model.phone is None:
            assert isinstance(answer, IssuedTokens)
            assert not answer.session.mfa_verified
        else:
            assert answer == MfaRequired().detail

    @precondition(lambda self: self.model.phone is not None)
    @rule(aside=ASIDE)
    def somebody_logs_in_by_code(self, aside: int) -> None:
        self.keep_within_the_limit()
        assert self.model.phone is not None
        proof = code(self.model.phone.code(aside))
        expected = self.expected_of_code(aside)
        self.login_meets(proof, expected)
        self.login_meets(proof, InvalidMfaCode().detail)  # twice never

    @precondition(lambda self: self.model.phone is not None)
    @rule(spent=st.booleans())
    def somebody_logs_in_by_recovery_code(self, spent: bool) -> None:  # Hypothesis gives it
        self.keep_within_the_limit()
        choice = self.model.spent if spent else self.model.recovery
        if not choice:
            return
        if not spent:
            self.model.spent.append(choice.pop())
        self.login_meets(recovery(self.model.spent[-1]), InvalidMfaCode().detail if spent else None)

    def login_meets(self, proof: FactorProof, expected: str | None) -> None:
        answer = self.answer(self.desk.log_in(self.owner.email, proof=proof))
        if expected is None:
            assert isinstance(answer, IssuedTokens), answer
            assert answer.session.mfa_verified
        else:
            assert answer == expected

    @rule(proven=st.booleans())
    def a_phone_is_enrolled(self, proven: bool) -> None:  # Hypothesis gives it
        actor, phone = self.actor(), self.model.phone
        proof = NO_PROOF
        if phone is not None and proven:
            proof = code(phone.next())
            self.model.last_step = self.step()
        answer = self.answer(self.desk.enroll(actor, proof))
        if phone is not None and not proven:
            assert answer == MfaRequired().detail
            return
        assert not isinstance(answer, str), answer
        self.model.pending = Authenticator(answer.secret.shown, self.clock)
        self.model.pending_until = answer.expires_at
        assert answer.expires_at == self.clock.now() + timedelta(minutes=15)

    @rule(aside=ASIDE)
    def it_is_confirmed(self, aside: int) -> None:
        self.keep_within_the_limit()
        actor, pending = self.actor(), self.model.pending
        until = self.model.pending_until
        shown = "000000" if pending is None else pending.code(aside)
        answer = self.answer(self.desk.confirm(actor, shown))
        if pending is None or until is None or self.clock.now() >= until:
            assert answer == MfaNotEnrolled().detail
        elif abs(aside) > 1:
            assert answer == InvalidMfaCode().detail
        else:
            assert not isinstance(answer, str), answer
            self.model.turned_on(self.step(aside), list(answer))

    @rule()
    def recovery_codes_are_renewed(self) -> None:
        actor, phone = self.actor(), self.model.phone
        shown = phone.next() if phone else "000000"
        answer = self.answer(self.desk.renew_recovery_codes(actor, shown))
        if phone is None:
            assert answer == MfaNotEnrolled().detail
        else:
            assert not isinstance(answer, str), answer
            self.model.last_step = self.step()
            self.model.spent += self.model.recovery
            self.model.recovery = list(answer)

    @rule(by_operator=st.booleans())
    def it_is_taken_away(self, by_operator: bool) -> None:  # Hypothesis gives it
        if by_operator:
            answer = self.answer(self.desk.remove_lost_factor(self.owner.email))
        else:
            actor, phone = self.actor(), self.model.phone
            answer = self.answer(self.desk.disable(actor, code(phone.next()) if phone else NO_PROOF))
        if self.model.phone is None:
            assert answer == MfaNotEnrolled().detail
        else:
            assert answer == self.owner.user_id
            self.model.turned_off()

    # what must always hold

    @invariant()
    def what_is_kept_is_what_the_model_says(self) -> None:
        row = self.uow.shared.person_secrets[self.owner.user_id]
        person = self.uow.shared.persons[self.owner.user_id]
        on = self.model.phone is not None
        assert (person.mfa_enabled, row.factor.secret is not None) == (on, on)
        assert len(row.recovery_hashes) == len(self.model.recovery)
        assert (row.factor.pending is not None) is (self.model.pending is not None)
        if on:
            assert row.factor.last_step == self.model.last_step

    @invariant()
    def no_session_outlives_a_change_of_the_factor(self) -> None:
        rows = self.uow.orgs[self.owner.org_id].sessions
        for actor, epoch in self.born:
            assert actor.session_id is not None
            session = rows[actor.session_id]
            assert session.auth_epoch == epoch
            assert (session.revoked_at is None) is (epoch == self.epoch())


def play(histories: int, steps: int) -> None:
    run_state_machine_as_test(
        FactorMachine,
        settings=settings(
            deadline=None,
            max_examples=histories,
            stateful_step_count=steps,
            phases=[Phase.generate],
            report_multiple_bugs=False,
        ),
    )


def test_the_second_factor_keeps_its_laws_in_any_order() -> None:
    play(histories=10, steps=20)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_second_factor_keeps_its_laws_for_long() -> None:
    play(histories=200, steps=40)
