"""What happens to accounts, as actions with a sentence each."""

SIGNED_IN = "accounts.signed_in"
SIGNED_OUT = "accounts.signed_out"
SIGN_IN_FAILED = "accounts.sign_in_failed"
MEMBERSHIP_GRANTED = "accounts.membership_granted"
MEMBERSHIP_ENDED = "accounts.membership_ended"
AGENCY_ADDED = "accounts.agency_added"
USER_ADDED = "accounts.user_added"

SENTENCES = {
    SIGNED_IN: "{actor} signed in.",
    SIGNED_OUT: "{actor} signed out.",
    SIGN_IN_FAILED: "A sign-in was refused.",
    MEMBERSHIP_GRANTED: "{actor} gave the role {role}.",
    MEMBERSHIP_ENDED: "{actor} ended the role {role}.",
    AGENCY_ADDED: "{actor} added an agency.",
    USER_ADDED: "{actor} added a person who may sign in.",
}
