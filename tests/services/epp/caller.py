"""A client of one EPP session: sends frames, reads responses, and keeps what the session did besides.

Every frame that the session sends is read by the grammar, and checked against the official schemas where these are.
"""

from itertools import count
from pathlib import Path

from conftest import LOCAL, PEER, make_world
from epp_reference import FOLDER, assert_valid

from homeport.protocol.effects import Call, Close, Conceal, Find, Log, Misbehave, Send
from homeport.protocol.events import Called, Closed, Data, Eof, Opened, Tls
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.epp.framing import frame
from homeport.services.epp.grammar import contact, domain, host, read, rgp, secdns
from homeport.services.epp.rules import IDS

URN = "urn:ietf:params:xml:ns:"
OBJECTS = (domain.NAMESPACE, contact.NAMESPACE, host.NAMESPACE)
EXTENSIONS = (secdns.NAMESPACE, rgp.NAMESPACE)
TLS = Tls(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384")
HAS_SCHEMAS = bool(FOLDER) and Path(FOLDER, "epp-schemas", "all.xsd").exists()


class Answer:
    """One response."""

    def __init__(self, xml):
        if HAS_SCHEMAS:
            assert_valid(xml)
        self.xml = xml.decode()
        self.response = read(xml)

    @property
    def codes(self):
        return [result.code for result in self.response.result]

    @property
    def code(self):
        assert len(self.codes) == 1, self.codes
        return self.codes[0]

    @property
    def reasons(self):
        return [value.reason.value for result in self.response.result for value in result.values]

    @property
    def blamed(self):
        return [value.value.content for result in self.response.result for value in result.values]

    @property
    def text(self):
        return self.response.result[0].msg.value

    @property
    def cl_trid(self):
        return self.response.tr_id.cl_trid

    @property
    def sv_trid(self):
        return self.response.tr_id.sv_trid

    @property
    def waiting(self):
        """How many messages are said to wait, and the identifier of the first; None for nothing said."""
        queue = self.response.msg_q
        return None if queue is None else (queue.count, queue.id)

    @property
    def data(self):
        return self.response.res_data[0] if self.response.res_data else None


class Caller:
    """One connection. Its certificate is that of `tls`; None: it has none, and no TLS either."""

    numbers = count(1)

    def __init__(self, world=None, tls=TLS, **options):
        self.world = world or make_world()
        service = find_service("epp")
        listener = "tls" if tls else "tcp"
        context = Context(
            self.world, service.options(**options), listener, PEER, LOCAL, f"c{next(self.numbers)}", "epp"
        )
        self.session = service.session(context)
        self.octets = b""
        self.closed = False
        self.findings = []
        self.logs = []
        self.concealed = []
        self.faults = []
        self.come = b""
        self.tell(Opened(tls))
        self.greeting = read(self.frame())

    def tell(self, event):
        """Tell the session, and do what it wants."""
        if isinstance(event, Data):
            self.come += event.data
        self.do(self.session.handle(event))

    def do(self, effects):
        for effect in effects:
            match effect:
                case Send(data):
                    assert not self.closed
                    self.octets += data
                case Close():
                    self.closed = True
                case Find(finding, _data):
                    assert finding in IDS
                    self.findings.append(finding)
                case Log(kind, fields):
                    self.logs.append((kind, fields))
                case Conceal(size, after):
                    end = len(self.come) - after
                    self.concealed.append(self.come[end - size : end].decode())
                case Misbehave(fault, inner):
                    self.faults.append(fault.plan.do.kind)
                    self.do(inner)
                case Call(work):
                    self.tell(Called(*self.run(work)))

    @staticmethod
    def run(work):
        try:
            return work(), None
        except Exception as error:
            return None, error

    def frame(self):
        """The next frame that the session has sent."""
        size = int.from_bytes(self.octets[:4])
        assert 4 < size <= len(self.octets), self.octets
        xml, self.octets = self.octets[4:size], self.octets[size:]
        return xml

    def answer(self):
        """The next response."""
        return Answer(self.frame())

    def send(self, *pieces):
        """Send octets as they are."""
        for piece in pieces:
            self.tell(Data(piece))

    def send_xml(self, xml):
        """Send a frame, and read the response."""
        self.send(frame(xml if isinstance(xml, bytes) else xml.encode()))
        return self.answer()

    def ask(self, command, cl_trid=""):
        """Send a command, and read its response. cl_trid: None for none."""
        if cl_trid == "":
            cl_trid = f"T-{next(self.numbers)}"
        answer = self.send_xml(command_xml(command, cl_trid))
        assert answer.cl_trid == cl_trid
        return answer

    def hello(self):
        self.send(frame(envelope("<hello/>")))
        return read(self.frame())

    def login(self, who="harbour", password=None, **terms):
        """Log in, and read the response."""
        return self.ask(login_xml(who, password, **terms))

    def eof(self):
        self.tell(Eof())

    def gone(self, reason="closed"):
        self.tell(Closed(reason))

    def verdicts(self):
        """What the journal has of commands: names and codes."""
        return [(fields["command"], fields["code"]) for kind, fields in self.logs if kind == "epp"]


def envelope(content):
    """A frame's XML."""
    return f'<?xml version="1.0" encoding="UTF-8"?><epp xmlns="{URN}epp-1.0">{content}</epp>'.encode()


def command_xml(command, cl_trid="ABC-12345"):
    """A command's XML; what is extension stands in it behind the command itself."""
    identifier = "" if cl_trid is None else f"<clTRID>{cl_trid}</clTRID>"
    return envelope(f"<command>{command}{identifier}</command>")


def login_xml(who="harbour", password=None, *, version="1.0", lang="en", new=None, objects=OBJECTS, exts=EXTENSIONS):
    """The login command."""
    new_pw = "" if new is None else f"<newPW>{new}</newPW>"
    uris = "".join(f"<objURI>{uri}</objURI>" for uri in objects)
    extensions = "".join(f"<extURI>{uri}</extURI>" for uri in exts)
    more = f"<svcExtension>{extensions}</svcExtension>" if extensions else ""
    return (
        f"<login><clID>{who}</clID><pw>{password or f'{who}-pass'}</pw>{new_pw}<options><version>{version}</version>"
        f"<lang>{lang}</lang></options><svcs>{uris}{more}</svcs></login>"
    )


def about(verb, kind, content, op="", extension=""):
    """A command on an object."""
    attribute = f' op="{op}"' if op else ""
    inner = f'<{kind}:{verb} xmlns:{kind}="{URN}{kind}-1.0">{content}</{kind}:{verb}>'
    more = f"<extension>{extension}</extension>" if extension else ""
    return f"<{verb}{attribute}>{inner}</{verb}>{more}"


def check(*names):
    return about("check", "domain", "".join(f"<domain:name>{name}</domain:name>" for name in names))


def info(name):
    return about("info", "domain", f"<domain:name>{name}</domain:name>")


def create(name, password="Tide.42-Rock"):
    content = (
        f"<domain:name>{name}</domain:name><domain:registrant>AL-1</domain:registrant>"
        f'<domain:contact type="admin">AL-1</domain:contact><domain:contact type="tech">AL-1</domain:contact>'
        f"<domain:authInfo><domain:pw>{password}</domain:pw></domain:authInfo>"
    )
    return about("create", "domain", content)


def delete(name):
    return about("delete", "domain", f"<domain:name>{name}</domain:name>")


def logged_in(who="harbour", world=None, **options):
    """A connection on which somebody is logged in."""
    caller = Caller(world, **options)
    assert caller.login(who).code == 1000
    return caller
