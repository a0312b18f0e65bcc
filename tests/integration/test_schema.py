import json

import pytest
from django.core.management import call_command
from django.test import Client

ADDRESSES = {
    "/api/v1/bookings",
    "/api/v1/cases",
    "/api/v1/cases/{public_id}",
    "/api/v1/detainers",
    "/api/v1/detainers/{public_id}/lift",
    "/api/v1/cases/{public_id}/document",
    "/api/v1/events",
}


def test_document_is_valid_and_without_warnings(tmp_path):
    file = tmp_path / "schema.yaml"

    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(file))

    assert "openapi: 3.1.0" in file.read_text()


@pytest.mark.django_db
def test_document_names_every_address_its_refusals_and_the_sign_in():
    answer = Client().get("/api/v1/schema", headers={"Accept": "application/vnd.oai.openapi+json"})

    document = json.loads(answer.content)
    assert set(document["paths"]) == ADDRESSES
    flows = document["components"]["securitySchemes"]["client_credentials"]["flows"]
    assert flows["clientCredentials"]["tokenUrl"] == "/api/v1/oauth/token"
    for address, verbs in document["paths"].items():
        for verb in verbs.values():
            assert "application/problem+json" in verb["responses"]["401"]["content"], address
            assert verb["security"], address


@pytest.mark.django_db
def test_page_takes_its_files_from_this_server_and_has_no_script_in_it():
    page = Client().get("/api/v1/docs").content.decode()
    script = Client().get("/api/v1/docs?script=")

    assert "<script>" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert script["Content-Type"].startswith("application/javascript")
