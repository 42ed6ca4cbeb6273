"""Codes of signing in, of the gates and of administration (identity page, §13)."""

from entrypoints.http.problem_pages.page import ProblemPage

PAGES: dict[str, ProblemPage] = {
    "captcha_failed": ProblemPage(
        400,
        "Captcha failed",
        "The captcha's answer is missing, or its provider does not accept it.",
        "Solve the captcha again and send its fresh token.",
    ),
    "link_invalid": ProblemPage(
        400,
        "Link not valid",
        "The link is unknown, used, or past its time.",
        "Ask for a new one; only the newest works, and only once.",
    ),
    "mfa_not_enrolled": ProblemPage(
        400,
        "No second factor",
        "There is no second factor: none was enrolled in the last 15 minutes, or none is on.",
        "To turn one on, enrol at /v1/auth/2fa/enroll, then confirm with a code.",
    ),
    "idempotency_key_required": ProblemPage(
        400,
        "Idempotency key needed",
        "This request has an effect outside or moves money, and carries no `Idempotency-Key`.",
        "Send a key of your own making, and the same one when you repeat the request.",
    ),
    "invalid_credentials": ProblemPage(
        401,
        "Wrong credentials",
        "What was given does not open this account. We say no more than that on purpose.",
        "Check e-mail, password and organisation; use the reset link if in doubt.",
    ),
    "mfa_required": ProblemPage(
        401,
        "Second factor needed",
        "A code of the second factor is missing or wrong; or administration is open only to those who signed "
        "in with a second factor, and this session did not.",
        "Send a code of your authenticator, or one `recovery_code`. For administration: turn a factor on at "
        "/v1/auth/2fa/enroll and verify, then sign in again with a code.",
    ),
    "refresh_invalid": ProblemPage(
        401,
        "Refresh token not valid",
        "The refresh token is unknown, or its session was ended.",
        "Sign in again.",
    ),
    "refresh_expired": ProblemPage(
        401,
        "Refresh token too old",
        "The refresh token or its session has run out.",
        "Sign in again.",
    ),
    "refresh_reused": ProblemPage(
        401,
        "Refresh token used twice",
        "The token had been exchanged already: two hold a copy. The whole session was ended for safety.",
        "Sign in again; if it was not you, change the password.",
    ),
    "csrf_failed": ProblemPage(
        403,
        "Cross-site request refused",
        "A request with a cookie did not prove that it comes from our own pages.",
        "Send `X-CSRF-Token` with the value of the cookie, from the page's own origin.",
    ),
    "password_change_required": ProblemPage(
        403,
        "Change your password first",
        "You signed in with a temporary password, which opens nothing else.",
        "Choose a password at /v1/auth/change-password.",
    ),
    "step_up_required": ProblemPage(
        403,
        "Prove yourself again",
        "This deed wants a proof of password not older than five minutes.",
        "Call /v1/auth/step-up, then repeat the request.",
    ),
    "owner_only": ProblemPage(
        403,
        "Owners only",
        "Only an owner of the organisation may do this.",
        "Ask an owner.",
    ),
    "org_suspended": ProblemPage(
        403,
        "Organisation suspended",
        "The operator has suspended your organisation; its data is kept.",
        "Speak to the operator.",
    ),
    "ip_not_allowed": ProblemPage(
        403,
        "Address not allowed",
        "Administration is restricted to certain network addresses, and yours is not among them.",
        "Connect from an allowed network, or ask the operator to extend the list.",
    ),
    "admin_read_only": ProblemPage(
        409,
        "Administration is read-only",
        "The operator has made administration read-only, usually while an incident is examined.",
        "Read freely; write again when that is lifted, or under a break-glass token.",
    ),
    "slug_taken": ProblemPage(
        409,
        "Slug taken",
        "Another organisation has, or once had, this slug.",
        "Choose another.",
    ),
    "currency_in_use": ProblemPage(
        409,
        "Currency in use",
        "Amounts in the present currency exist, so it cannot be changed any more.",
        "Keep the currency.",
    ),
    "already_member": ProblemPage(
        409,
        "Already a member",
        "This person is a member of the organisation.",
        "Change the membership instead.",
    ),
    "not_invited": ProblemPage(
        409,
        "No open invitation",
        "The person has no invitation that could be sent again.",
        "Look at the person's status.",
    ),
    "user_inactive": ProblemPage(
        409,
        "User inactive",
        "The membership is not active.",
        "Reactivate it first.",
    ),
    "own_account": ProblemPage(
        409,
        "Your own account",
        "Nobody may do this to the account that asks for it.",
        "Let another admin do it.",
    ),
    "last_owner": ProblemPage(
        409,
        "Last owner",
        "The organisation would be left without an active owner.",
        "Make somebody else an owner first.",
    ),
    "person_in_other_org": ProblemPage(
        409,
        "Person of another organisation too",
        "The person belongs to another organisation as well, so you cannot take their second factor away.",
        "Let the person use a recovery code, or ask the operator.",
    ),
    "idempotency_in_progress": ProblemPage(
        409,
        "Still being worked on",
        "A request with this `Idempotency-Key` is being carried out at this moment.",
        "Repeat it after `Retry-After`; you will get the stored answer.",
    ),
    "password_policy": ProblemPage(
        422,
        "Password refused",
        "The new password breaks one or more rules; `errors` names each.",
        "Choose a longer and less guessable one.",
    ),
    "idempotency_key_reused": ProblemPage(
        422,
        "Idempotency key used for something else",
        "The `Idempotency-Key` belongs to a request with another method, path or body.",
        "Make a new key for each new deed.",
    ),
    "overloaded": ProblemPage(
        503,
        "Too many sign-ins at once",
        "More passwords are waiting to be checked than this server takes on.",
        "Repeat the request after `Retry-After` seconds.",
    ),
}
