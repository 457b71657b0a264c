"""The places of EPP commands: each has its own frame and its own answer."""

from tests.conftest import LOCAL, PEER, find_service, make_world

from homeport.protocol.effects import Log
from homeport.protocol.events import Data, Opened
from homeport.protocol.session import Context
from homeport.services.epp.framing import frame

HELLO = frame(b'<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><hello/></epp>')
LOGOUT = frame(b'<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><logout/></command></epp>')


def places(*parts):
    """Return the places of the commands in this input."""
    service = find_service("epp")
    session = service.session(Context(make_world(), service.options(), "tls", PEER, LOCAL))
    session.handle(Opened())
    effects = [effect for part in parts for effect in session.handle(Data(part))]
    return [(one.place.begin, one.place.end) for one in effects if isinstance(one, Log)]


def test_each_frame_of_one_read_has_a_place_of_its_own():
    expected = [(0, len(HELLO)), (len(HELLO), len(HELLO + LOGOUT))]
    assert places(HELLO + LOGOUT) == expected
    assert places(*(bytes([byte]) for byte in HELLO + LOGOUT)) == expected
