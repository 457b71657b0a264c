"""A client of one EPP session: sends frames, reads responses, and records the session's other effects.

Every frame that the session sends is parsed by the grammar, and validated by the official schemas where available.
"""

from itertools import count
from pathlib import Path

import msgspec
from conftest import LOCAL, PEER, assert_declared, make_world
from epp_reference import FOLDER, assert_valid
from lxml import etree

from homeport.protocol.effects import Call, Close, Conceal, Log, Misbehave, ReportFinding, Send
from homeport.protocol.events import Called, Closed, Data, Eof, Opened, Tls
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.epp.framing import frame
from homeport.services.epp.grammar import contact, domain, host, read, rgp, secdns
from homeport.services.epp.grammar.namespaces import BY_URI, DEFAULT_OFFER

URN = "urn:ietf:params:xml:ns:"
OBJECTS = (domain.NAMESPACE, contact.NAMESPACE, host.NAMESPACE)
EXTENSIONS = (secdns.NAMESPACE, rgp.NAMESPACE)
ALL_FOREIGN = msgspec.structs.replace(DEFAULT_OFFER, takes_all=True)
TLS = Tls(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384")
HAS_SCHEMAS = bool(FOLDER) and Path(FOLDER, "epp-schemas", "all.xsd").exists()


def known_part(xml):
    """Return a frame without the elements that no schema is known of."""
    root = etree.fromstring(xml)
    for place in ("resData", "extension"):
        for around in root.iterfind(f".//{{{URN}epp-1.0}}{place}"):
            for one in [one for one in around if etree.QName(one).namespace not in BY_URI]:
                around.remove(one)
            if not len(around):
                around.getparent().remove(around)
    return etree.tostring(root)


class Answer:
    """One response."""

    def __init__(self, xml, offer=DEFAULT_OFFER):
        if HAS_SCHEMAS:
            assert_valid(known_part(xml) if offer.takes_all else xml)
        self.xml = xml.decode()
        self.response = read(xml, offer=offer)

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
        """Return the number of queued messages and the first identifier, as the answer says; None if it does not."""
        queue = self.response.msg_q
        return None if queue is None else (queue.count, queue.id)

    @property
    def data(self):
        return self.response.res_data[0] if self.response.res_data else None


class Caller:
    """One connection. tls: its TLS state with certificate; None: no TLS and no certificate.

    foreign: answers may have elements of namespaces that we do not have.
    """

    numbers = count(1)

    def __init__(self, world=None, tls=TLS, *, foreign=False, **options):
        self.foreign = foreign
        self.world = world or make_world()
        self.service = service = find_service("epp")
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
        self.seen = bytearray()  # what has come, as the journal shows it
        self.told = b""  # all that the session has said, in frames, findings and events
        self.tell(Opened(tls))
        self.greeting = read(self.frame())

    def tell(self, event):
        """Pass an event to the session and carry out its effects."""
        if isinstance(event, Data):
            self.come += event.data
            self.seen += event.data
        self.do(self.session.handle(event))

    def do(self, effects):
        works = []
        for effect in effects:
            match effect:
                case Send(data):
                    assert not self.closed
                    self.octets += data
                    self.told += data
                case Close():
                    self.closed = True
                case ReportFinding(finding, data):
                    assert_declared(self.service, finding)
                    self.findings.append(finding)
                    self.told += data
                case Log(kind, fields):
                    self.logs.append((kind, fields))
                    self.told += str(fields).encode()
                case Conceal(size, after):
                    end = len(self.come) - after
                    assert 0 <= end - size < end <= len(self.come)
                    self.concealed.append(self.come[end - size : end].decode("utf-8", "replace"))
                    self.seen[end - size : end] = b"*" * size
                case Misbehave(fault, inner):
                    self.faults.append(fault.plan.do.kind)
                    self.do(inner)
                case Call(work):
                    works.append(work)
        for work in works:  # the driver delivers its end in a later turn
            self.tell(Called(*self.run(work)))

    @staticmethod
    def run(work):
        try:
            return work(), None
        except Exception as error:
            return None, error

    def frame(self):
        """Return the next frame that the session has sent."""
        size = int.from_bytes(self.octets[:4])
        assert 4 < size <= len(self.octets), self.octets
        xml, self.octets = self.octets[4:size], self.octets[size:]
        return xml

    def answer(self):
        """Return the next response."""
        return Answer(self.frame(), ALL_FOREIGN if self.foreign else DEFAULT_OFFER)

    def send(self, *pieces):
        """Send raw bytes."""
        for piece in pieces:
            self.tell(Data(piece))

    def send_xml(self, xml):
        """Send a frame and return the response."""
        self.send(frame(xml if isinstance(xml, bytes) else xml.encode()))
        return self.answer()

    def ask(self, command, cl_trid=""):
        """Send a command and return its response. cl_trid: None for none."""
        if cl_trid == "":
            cl_trid = f"T-{next(self.numbers)}"
        answer = self.send_xml(command_xml(command, cl_trid))
        assert answer.cl_trid == cl_trid
        return answer

    def hello(self):
        self.send(frame(envelope("<hello/>")))
        return read(self.frame())

    def login(self, who="harbour", password=None, **terms):
        """Log in and return the response."""
        return self.ask(login_xml(who, password, **terms))

    def eof(self):
        self.tell(Eof())

    def gone(self, reason="closed"):
        self.tell(Closed(reason))

    def verdicts(self):
        """Return names and codes of commands in the journal."""
        return [(fields["command"], fields["code"]) for kind, fields in self.logs if kind == "epp"]


def envelope(content):
    """Return a frame's XML."""
    return f'<?xml version="1.0" encoding="UTF-8"?><epp xmlns="{URN}epp-1.0">{content}</epp>'.encode()


def command_xml(command, cl_trid="ABC-12345"):
    """Return a command's XML; an <extension> inside of it is moved after the command."""
    identifier = "" if cl_trid is None else f"<clTRID>{cl_trid}</clTRID>"
    return envelope(f"<command>{command}{identifier}</command>")


def login_xml(
    who="harbour",
    password=None,
    *,
    version="1.0",
    lang="en",
    new=None,
    objects=OBJECTS,
    exts=EXTENSIONS,
    security="",
):
    """Return the login command. security: the content of loginSec, its extension (RFC 8807)."""
    new_pw = "" if new is None else f"<newPW>{new}</newPW>"
    uris = "".join(f"<objURI>{uri}</objURI>" for uri in objects)
    extensions = "".join(f"<extURI>{uri}</extURI>" for uri in exts)
    more = f"<svcExtension>{extensions}</svcExtension>" if extensions else ""
    secured = f'<loginSec:loginSec xmlns:loginSec="{URN}epp:loginSec-1.0">{security}</loginSec:loginSec>'
    extension = f"<extension>{secured}</extension>" if security else ""
    return (
        f"<login><clID>{who}</clID><pw>{password or f'{who}-pass'}</pw>{new_pw}<options><version>{version}</version>"
        f"<lang>{lang}</lang></options><svcs>{uris}{more}</svcs></login>{extension}"
    )


def about(verb, kind, content, op="", extension=""):
    """Return a command on an object."""
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


FEE = f"{URN}epp:fee-1.0"


def priced(command, price, currency="USD"):
    """Return a create that states its price (RFC 8748)."""
    fee = f"<fee:currency>{currency}</fee:currency><fee:fee>{price}</fee:fee>"
    return f'{command}<extension><fee:create xmlns:fee="{FEE}">{fee}</fee:create></extension>'


def with_token(command, token):
    """Return a command that gives an allocation token (RFC 8495)."""
    uri = f"{URN}allocationToken-1.0"
    return f'{command}<extension><t:allocationToken xmlns:t="{uri}">{token}</t:allocationToken></extension>'


def delete(name):
    return about("delete", "domain", f"<domain:name>{name}</domain:name>")


def logged_in(who="harbour", world=None, **options):
    """Return a connection with a logged-in registrar."""
    caller = Caller(world, **options)
    assert caller.login(who).code == 1000
    return caller
