"""LOGIN as it is deployed (draft-murchison-sasl-login): two prompts, one for the name and one for the password.

In the draft the server speaks first. Many clients send the name as an initial response all the same, and servers accept
it; so does this one, with a finding.
"""

from homeport.sasl.exchange import Exchange, Refused, Step
from homeport.sasl.texts import check_password, prepare

# Clients should ignore the words of the prompts; the oldest clients wait for these.
NAME_PROMPT = b"Username:"
PASSWORD_PROMPT = b"Password:"


class Login(Exchange):
    """A prompt for the name, then one for the password."""

    client_first = False

    def opening(self) -> Step:
        """Ask for the name."""
        return self.challenge(NAME_PROMPT, self.first)

    def uninvited(self, initial: bytes) -> Step:
        """Accept the name as an initial response."""
        self.report("sasl-login-initial")
        return self.first(initial)

    def first(self, message: bytes) -> Step:
        """Process the name."""
        self._name = prepare(self, "the user name", message)
        if not self._name:
            raise Refused("malformed", "the user name is empty")
        return self.challenge(PASSWORD_PROMPT, self._password)

    def _password(self, message: bytes) -> Step:
        password = prepare(self, "the password", message)
        return self.success(check_password(self, self._name, password))
