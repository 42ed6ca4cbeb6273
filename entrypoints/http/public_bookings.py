"""A visitor books a time."""

from dishka import FromDishka
from litestar import Controller, Response

from application.booking.create_public_booking import CreatePublicBooking, CreatePublicBookingHandler
from domain.identity.actor import Actor, Need
from domain.shared.ids import LeadId
from entrypoints.http.booking_answers import PublicBookingAnswer, public_answer
from entrypoints.http.booking_bodies import PUBLIC_EXAMPLE, PublicBookingBody
from entrypoints.http.routes import post


class PublicBookingsController(Controller):
    path = "/v1/public/{org_slug:str}/bookings"

    @post(
        need=Need.PUBLIC,
        summary="Book one of the times offered; sent again, it answers the same booking",
        problems=(
            "not_found",
            "lead_token_invalid",
            "lead_already_booked",
            "needs_quote",
            "slot_not_offered",
            "slot_taken",
            "online_booking_closed",
        ),
        answers=(200,),
        example=PUBLIC_EXAMPLE,
    )
    async def book(
        self,
        data: PublicBookingBody,
        actor: FromDishka[Actor],
        handler: FromDishka[CreatePublicBookingHandler],
    ) -> Response[PublicBookingAnswer]:
        command = CreatePublicBooking(
            lead_id=LeadId(data.lead_id), lead_token=data.lead_token, starts_at=data.starts_at
        )
        made = await handler.handle(actor, command)
        return Response(public_answer(made.shown), status_code=201 if made.is_new else 200)
