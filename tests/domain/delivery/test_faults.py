import pytest

from domain.delivery.faults import Fault, SmtpStage, smtp_fault


@pytest.mark.parametrize(
    ("stage", "code", "text", "expected", "permanent"),
    [
        (SmtpStage.GREETING, 421, "4.3.2 closing", "smtp_421", False),
        (SmtpStage.GREETING, 554, "5.7.1 we do not know you", "smtp_554", False),
        (SmtpStage.LOGIN, 535, "5.7.8 bad credentials", "smtp_auth_failed", False),
        (SmtpStage.SENDER, 550, "5.7.1 sender refused", "smtp_550", False),
        (SmtpStage.RECIPIENT, 450, "4.2.1 greylisted", "smtp_450", False),
        (SmtpStage.RECIPIENT, 550, "5.1.1 no such user", "recipient_refused", True),
        (SmtpStage.RECIPIENT, 554, "5.1.10 null MX", "recipient_refused", True),
        (SmtpStage.RECIPIENT, 550, "no such user", "recipient_refused", True),
        (SmtpStage.RECIPIENT, 551, "user not local", "recipient_refused", True),
        (SmtpStage.RECIPIENT, 553, "bad mailbox name", "recipient_refused", True),
        (SmtpStage.RECIPIENT, 550, "5.7.1 policy", "smtp_550", True),
        (SmtpStage.RECIPIENT, 552, "mailbox full", "smtp_552", True),
        (SmtpStage.DATA, 554, "5.6.0 content", "smtp_554", True),
        (SmtpStage.DATA, 550, "5.1.1 after all", "smtp_550", True),
        (SmtpStage.DATA, 451, "4.3.0 later", "smtp_451", False),
        (SmtpStage.GREETING, -1, "SSH-2.0-OpenSSH", "connection_failed", False),
        (SmtpStage.RECIPIENT, 999, "no code of SMTP", "connection_failed", False),
        (SmtpStage.DATA, 250, "too early", "connection_failed", False),
    ],
)
def test_what_a_mail_server_says_is_read_by_how_far_we_had_come(
    stage: SmtpStage, code: int, text: str, expected: str, *, permanent: bool
) -> None:
    fault = smtp_fault(stage, code, text)
    assert (fault.code, fault.permanent) == (expected, permanent)
    assert text not in repr(fault)


@pytest.mark.parametrize(
    "code", ["timeout", "connection_failed", "tls_failed", "smtp_tls_unavailable", "lost"]
)
def test_troubles_of_the_line_pass(code: str) -> None:
    assert not Fault.of(code).permanent


@pytest.mark.parametrize(
    ("stage", "code", "counts"),
    [
        (SmtpStage.GREETING, 554, True),
        (SmtpStage.LOGIN, 535, True),
        (SmtpStage.SENDER, 451, True),
        (SmtpStage.SENDER, 550, True),
        (SmtpStage.RECIPIENT, 421, True),
        (SmtpStage.RECIPIENT, 450, False),
        (SmtpStage.RECIPIENT, 550, False),
        (SmtpStage.DATA, 421, True),
        (SmtpStage.DATA, 451, False),
        (SmtpStage.DATA, 554, False),
    ],
)
def test_a_refusal_counts_against_the_server_if_any_mail_would_have_met_it(
    stage: SmtpStage, code: int, *, counts: bool
) -> None:
    assert smtp_fault(stage, code, "").of_the_line is counts


@pytest.mark.parametrize(
    ("code", "counts"),
    [
        ("timeout", True),
        ("connection_failed", True),
        ("smtp_tls_unavailable", True),
        ("payload_invalid", False),
        ("recipient_refused", False),
        ("lost", False),
    ],
)
def test_so_does_trouble_of_the_line(code: str, *, counts: bool) -> None:
    assert Fault.of(code).of_the_line is counts


@pytest.mark.parametrize("code", ["header_invalid", "payload_invalid", "unknown_kind", "expired"])
def test_troubles_of_the_message_do_not_pass(code: str) -> None:
    assert Fault.of(code).permanent
