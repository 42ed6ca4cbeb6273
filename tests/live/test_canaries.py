"""The real server with a canary in every secret setting and a day of the demo company: none in its output."""

import base64
from pathlib import Path

import pytest

from tests.http.test_canaries import PASSWORD, PERSONAL, planted
from tests.support.demo import SLUG, printed_password, sign_in
from tests.support.live import UNLIMITED, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
LEAD = {
    "name": "Jane",
    "home": {"beds": 2, "baths": 1},
    **{n: PERSONAL[n] for n in ("email", "phone", "address")},
}


def test_no_canary_is_in_the_output_of_a_server(tmp_path: Path) -> None:
    environment = {**planted(), **UNLIMITED, "LOG_LEVEL": "DEBUG"}
    with serving(tmp_path, "--demo", environment=environment) as server:
        demo_password = printed_password(server.output, "owner")
        printed = len(server.output)
        owner = sign_in(server, f"owner@{SLUG}.example", demo_password, SLUG)
        assert server.ask("POST", f"/v1/public/{SLUG}/leads", LEAD)[0] == 201
        assert owner.post("/v1/admin/leads", {"name": "Jane", "phone": PERSONAL["phone"]})[0] == 201
        assert owner.get("/v1/admin/audit")[0] == 200
        login = {"email": PERSONAL["email"], "password": PASSWORD}
        assert server.ask("POST", "/v1/auth/login", login)[0] == 401
        reset = {"email": f"owner@{SLUG}.example"}
        assert server.ask("POST", "/v1/auth/password-reset/request", reset)[0] == 202
        pair = base64.b64encode(f"owner:{PASSWORD}".encode()).decode()
        for credential in (f"Bearer {PASSWORD}", f"Basic {pair}", f"Bearer {owner.token}x"):
            assert server.get("/v1/admin/org", {"Authorization": credential})[0] == 401
        config = server.get("/v1/admin/config", owner.headers)
        assert config[0] == 200
        shown = repr(config) + repr(server.get("/readyz")) + repr(server.get("/openapi.json"))
    said = server.output[printed:]
    secrets = [value for name, value in planted().items() if not name.endswith("USERNAME")]
    private = [PASSWORD, *PERSONAL.values(), demo_password, owner.token, pair, f"owner@{SLUG}"]
    assert '"path"' in said
    assert not [song for song in (*secrets, *private) if song in said]
    assert not [song for song in secrets if song in server.output + shown]
