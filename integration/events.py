"""What happens to API clients, as actions with a sentence each."""

CLIENT_CREATED = "integration.client_created"
CLIENT_REVOKED = "integration.client_revoked"

SENTENCES = {
    CLIENT_CREATED: "{actor} created an API client of this agency.",
    CLIENT_REVOKED: "{actor} revoked an API client of this agency: {reason}",
}
