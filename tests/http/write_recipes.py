"""Every write route of signed-in callers, and how to come to one that has an effect."""

from litestar import Litestar
from litestar.routes import HTTPRoute

from domain.identity.actor import Need
from entrypoints.http.app import CONTROLLERS
from entrypoints.http.edge import plain_template
from entrypoints.http.gate import UNSAFE
from entrypoints.http.price_book_bodies import PRICE_BOOK_EXAMPLE
from tests.http.identity_app import PASSWORD
from tests.http.writes import (
    DAY_AFTER,
    HOME,
    INCIDENT,
    LEAD,
    NEW_PASSWORD,
    TOMORROW,
    WEEK,
    Office,
    Recipe,
    about,
    add_on,
    another_session,
    blackout,
    break_glass,
    clocked,
    corrected,
    crew_of_one,
    crew_sent_home,
    dead_export,
    dead_message,
    guest,
    jobs_given_away,
    mail,
    mailed_booking,
    many_cancelled,
    member,
    my_clock,
    my_job,
    my_photo,
    new_booking,
    photo,
    plain,
    suppressed_address,
    tombstone,
    with_code,
)
from tests.support.identity import IDS

CLOSED = {"starts_at": TOMORROW, "ends_at": DAY_AFTER}
LATER = {"starts_at": DAY_AFTER}
RECIPES: dict[tuple[str, str], Recipe] = {
    ("POST", "/v1/admin/addons"): plain(
        "/v1/admin/addons", {"code": "attic", "name": "Attic", "price_cents": 2500, "minutes": 25}
    ),
    ("PATCH", "/v1/admin/addons/{add_on_id}"): about("/v1/admin/addons/{}", add_on, {"price_cents": 99}),
    ("POST", "/v1/admin/blackouts"): plain("/v1/admin/blackouts", CLOSED),
    ("DELETE", "/v1/admin/blackouts/{blackout_id}"): about("/v1/admin/blackouts/{}", blackout),
    ("PATCH", "/v1/admin/booking-settings"): plain("/v1/admin/booking-settings", {"slot_step_minutes": 15}),
    ("POST", "/v1/admin/bookings"): new_booking,
    ("POST", "/v1/admin/bookings/bulk"): many_cancelled,
    ("POST", "/v1/admin/workers/{worker_id}/reassign"): jobs_given_away,
    ("POST", "/v1/admin/price-book/preview"): plain(
        "/v1/admin/price-book/preview", {"price_book": PRICE_BOOK_EXAMPLE, "homes": [HOME]}
    ),
    ("PATCH", "/v1/admin/bookings/{booking_id}"): about(
        "/v1/admin/bookings/{}", Office.booking, {"notes": "Friendly dog"}
    ),
    ("POST", "/v1/admin/bookings/{booking_id}/assign"): crew_of_one,
    ("POST", "/v1/admin/bookings/{booking_id}/unassign"): crew_sent_home,
    ("POST", "/v1/admin/bookings/{booking_id}/cancel"): about(
        "/v1/admin/bookings/{}/cancel", Office.booking, {"reason_code": "client_request"}
    ),
    ("POST", "/v1/admin/bookings/{booking_id}/complete"): about(
        "/v1/admin/bookings/{}/complete", Office.booking, {"actual_duration_minutes": 90}
    ),
    ("POST", "/v1/admin/bookings/{booking_id}/confirm"): about(
        "/v1/admin/bookings/{}/confirm", Office.booking, {}
    ),
    ("POST", "/v1/admin/bookings/{booking_id}/override"): about(
        "/v1/admin/bookings/{}/override",
        Office.booking,
        {"kind": "risk_band", "value": "HIGH", "reason": "A quarrel"},
    ),
    ("POST", "/v1/admin/bookings/{booking_id}/resend-last-email"): about(
        "/v1/admin/bookings/{}/resend-last-email", mailed_booking
    ),
    ("POST", "/v1/admin/messaging/events/{event_id}/resend"): about(
        "/v1/admin/messaging/events/{}/resend", mail
    ),
    ("POST", "/v1/admin/bookings/{booking_id}/reschedule"): about(
        "/v1/admin/bookings/{}/reschedule", Office.booking, LATER
    ),
    ("PUT", "/v1/orders/{order_id}/addons"): about(
        "/v1/orders/{}/addons", Office.booking, {"add_ons": {"oven": 1}}
    ),
    ("POST", "/v1/admin/schedule/{booking_id}/move"): about(
        "/v1/admin/schedule/{}/move", Office.booking, LATER
    ),
    ("POST", "/v1/admin/schedule/block"): plain("/v1/admin/schedule/block", CLOSED),
    ("POST", "/v1/admin/break-glass/start"): plain("/v1/admin/break-glass/start", INCIDENT),
    ("POST", "/v1/admin/break-glass/{session_id}/revoke"): about(
        "/v1/admin/break-glass/{}/revoke", break_glass
    ),
    ("POST", "/v1/orders/{order_id}/time/start"): clocked("/v1/orders/{}/time/start"),
    ("POST", "/v1/orders/{order_id}/time/pause"): clocked("/v1/orders/{}/time/pause", "start"),
    ("POST", "/v1/orders/{order_id}/time/resume"): clocked("/v1/orders/{}/time/resume", "start", "pause"),
    ("POST", "/v1/orders/{order_id}/time/finish"): clocked("/v1/orders/{}/time/finish", "start"),
    ("PUT", "/v1/orders/{order_id}/time/{entry_id}"): corrected,
    ("POST", "/v1/worker/jobs/{order_id}/start"): my_clock("start"),
    ("POST", "/v1/worker/jobs/{order_id}/pause"): my_clock("pause", "start"),
    ("POST", "/v1/worker/jobs/{order_id}/resume"): my_clock("resume", "start", "pause"),
    ("POST", "/v1/worker/jobs/{order_id}/finish"): my_clock("finish", "start"),
    ("POST", "/v1/admin/cleanup"): plain("/v1/admin/cleanup"),
    ("POST", "/v1/admin/retention/cleanup"): plain("/v1/admin/retention/cleanup"),
    ("POST", "/v1/admin/email-scan"): plain("/v1/admin/email-scan"),
    ("DELETE", "/v1/admin/messaging/suppressions/{suppression_id}"): about(
        "/v1/admin/messaging/suppressions/{}", suppressed_address
    ),
    ("POST", "/v1/admin/messaging/templates/preview"): plain(
        "/v1/admin/messaging/templates/preview", {"template": "booking_confirmed"}
    ),
    ("POST", "/v1/admin/storage/tombstones/{tombstone_id}/retry"): about(
        "/v1/admin/storage/tombstones/{}/retry", tombstone
    ),
    ("POST", "/v1/admin/export-dead-letter"): plain("/v1/admin/export-dead-letter"),
    ("POST", "/v1/admin/export-dead-letter/{event_id}/replay"): about(
        "/v1/admin/export-dead-letter/{}/replay", dead_export
    ),
    ("POST", "/v1/admin/leads"): plain("/v1/admin/leads", LEAD),
    ("PATCH", "/v1/admin/leads/{lead_id}"): about("/v1/admin/leads/{}", Office.lead, {"notes": "Mornings"}),
    ("POST", "/v1/admin/leads/{lead_id}/estimate"): about("/v1/admin/leads/{}/estimate", Office.lead),
    ("POST", "/v1/admin/leads/{lead_id}/status"): about(
        "/v1/admin/leads/{}/status", Office.lead, {"status": "CONTACTED"}
    ),
    ("PUT", "/v1/worker/jobs/{order_id}/photo-consent"): about(
        "/v1/worker/jobs/{}/photo-consent", my_job, {"consent_photos": True}
    ),
    ("DELETE", "/v1/worker/jobs/{order_id}/photos/{photo_id}"): about("/v1/worker/jobs/{}", my_photo),
    ("PUT", "/v1/orders/{order_id}/photo-consent"): about(
        "/v1/orders/{}/photo-consent", Office.booking, {"consent_photos": True}
    ),
    ("POST", "/v1/orders/{order_id}/photos/{photo_id}/review"): about(
        "/v1/orders/{}/review", photo, {"review_status": "approved"}
    ),
    ("DELETE", "/v1/orders/{order_id}/photos/{photo_id}"): about("/v1/orders/{}", photo),
    ("POST", "/v1/admin/outbox/dead-letter"): plain("/v1/admin/outbox/dead-letter"),
    ("POST", "/v1/admin/outbox/{event_id}/replay"): about("/v1/admin/outbox/{}/replay", dead_message),
    ("PATCH", "/v1/admin/org"): plain("/v1/admin/org", {"name": "Brighter Homes"}),
    ("PUT", "/v1/admin/price-book"): plain("/v1/admin/price-book", PRICE_BOOK_EXAMPLE),
    ("POST", "/v1/admin/teams"): plain("/v1/admin/teams", {"name": "South"}),
    ("PATCH", "/v1/admin/teams/{team_id}"): about("/v1/admin/teams/{}", Office.team, {"name": "West"}),
    ("DELETE", "/v1/admin/teams/{team_id}"): about("/v1/admin/teams/{}", Office.team),
    ("PUT", "/v1/admin/teams/{team_id}/working-hours"): about(
        "/v1/admin/teams/{}/working-hours", Office.team, {"hours": WEEK}
    ),
    ("POST", "/v1/admin/workers"): plain("/v1/admin/workers", {"name": "Bo", "phone": "+15550100178"}),
    ("PATCH", "/v1/admin/workers/{worker_id}"): about("/v1/admin/workers/{}", Office.worker, {"name": "Cy"}),
    ("POST", "/v1/auth/change-password"): plain(
        "/v1/auth/change-password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    ),
    ("POST", "/v1/auth/logout"): plain("/v1/auth/logout"),
    ("POST", "/v1/auth/logout-all"): plain("/v1/auth/logout-all", {}),
    ("POST", "/v1/auth/2fa/enroll"): plain("/v1/auth/2fa/enroll", {}),
    ("POST", "/v1/auth/2fa/verify"): with_code("/v1/auth/2fa/verify", Office.enroll),
    ("POST", "/v1/auth/2fa/disable"): with_code("/v1/auth/2fa/disable", Office.turn_factor_on),
    ("POST", "/v1/auth/2fa/recovery-codes"): with_code("/v1/auth/2fa/recovery-codes", Office.turn_factor_on),
    ("POST", "/v1/auth/step-up"): plain("/v1/auth/step-up", {"password": PASSWORD}),
    ("DELETE", "/v1/auth/sessions/{session_id}"): another_session,
    ("POST", "/v1/iam/users"): plain("/v1/iam/users", {"email": f"new-{IDS.new().hex[-12:]}@acme.example"}),
    ("POST", "/v1/iam/users/{user_id}/resend-invitation"): about("/v1/iam/users/{}/resend-invitation", guest),
    ("POST", "/v1/iam/users/{user_id}/reset-temp-password"): about(
        "/v1/iam/users/{}/reset-temp-password", member, {"reason": "Forgot it"}
    ),
    ("POST", "/v1/iam/users/{user_id}/role"): about("/v1/iam/users/{}/role", member, {"role": "finance"}),
    ("POST", "/v1/iam/users/{user_id}/deactivate"): about("/v1/iam/users/{}/deactivate", member, {}),
    ("POST", "/v1/iam/users/{user_id}/reactivate"): about("/v1/iam/users/{}/reactivate", member),
    ("POST", "/v1/iam/users/{user_id}/logout"): about("/v1/iam/users/{}/logout", member),
}


def write_routes() -> set[tuple[str, str]]:
    """Of signed-in callers, as the contract writes their paths; uploads go without a key."""
    app = Litestar(route_handlers=CONTROLLERS, openapi_config=None)
    return {
        (method, plain_template(route.path))
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in set(handler.http_methods) & UNSAFE
        if handler.opt["rules"].need is not Need.PUBLIC and not handler.opt["rules"].upload
    }
