"""Steps of sessions and of the message queue."""

from homeport.services.epp.ote.step import Sighting, Step
from homeport.services.epp.results import Code

S, P = "sessions", "poll"
REFUSED = (Code.AUTHENTICATION_ERROR, Code.AUTHENTICATION_CLOSING)


def _extensions(seen: Sighting) -> bool:
    return seen.about.svcs.svc_extension is not None


def _acknowledges_unread(seen: Sighting) -> str:
    if seen.about.msg_id == seen.read:
        return ""
    return f"it acknowledged message {seen.about.msg_id} and was shown {seen.read or 'none'}: read it by poll req first"


SESSIONS = (
    Step(id="login", section=S, title="Log in", how="login with the registrar's clID and pw", verb="login",
         tries=lambda seen: seen.about.new_pw is None),
    Step(id="login-extensions", section=S, title="List extensions at login",
         how="login with extURIs of the greeting in svcExtension", verb="login", tries=_extensions),
    Step(id="login-refused", section=S, title="Survive a wrong password",
         how="login with a wrong password; the answer is 2200", verb="login", tries=lambda seen: seen.code in REFUSED,
         codes=REFUSED),
    Step(id="new-password", section=S, title="Change the password", how="login with newPW", verb="login",
         tries=lambda seen: seen.about.new_pw is not None,
         wrong=lambda seen: "newPW is the old password" if seen.about.new_pw == seen.about.pw else ""),
    Step(id="hello", section=S, title="Keep a session alive", how="hello within a session", verb="hello"),
    Step(id="logout", section=S, title="Log out", how="logout, and read its answer", verb="logout",
         codes=(Code.ENDING_SESSION,)),
)  # fmt: skip
POLL = (
    Step(id="poll-read", section=P, title="Read a message", how="poll op=req while a message waits", verb="poll",
         tries=lambda seen: seen.op == "req" and seen.code != Code.NO_MESSAGES, codes=(Code.ACK_TO_DEQUEUE,)),
    Step(id="poll-acknowledge", section=P, title="Acknowledge the message that was read",
         how="poll op=ack with the msgID that poll req showed", verb="poll", tries=lambda seen: seen.op == "ack",
         wrong=_acknowledges_unread),
    Step(id="poll-empty", section=P, title="Read until the queue is empty", how="poll op=req; the answer is 1300",
         verb="poll", tries=lambda seen: seen.op == "req" and seen.code == Code.NO_MESSAGES,
         codes=(Code.NO_MESSAGES,)),
)  # fmt: skip
