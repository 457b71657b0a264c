"""What the server offers in its greeting (RFC 5730 2.4): versions, languages, objects and extensions."""

from homeport.services.epp.extensions import all_extensions
from homeport.services.epp.grammar import contact, domain, epp, host, write
from homeport.services.epp.options import EppOptions
from homeport.services.epp.results import LANGUAGES

VERSION = "1.0"
OBJECTS = (domain.NAMESPACE, contact.NAMESPACE, host.NAMESPACE)
EXTENSIONS = tuple(one.uri for one in all_extensions())

MENU = epp.ServiceMenu(
    version=(VERSION,),
    lang=LANGUAGES,
    obj_uri=OBJECTS,
    svc_extension=epp.ServiceExtensions(ext_uri=EXTENSIONS),
)
POLICY = epp.DataPolicy(
    access="all",
    statement=(
        epp.Statement(
            purpose=epp.Purpose(admin=True, prov=True),
            recipient=epp.Recipient(ours=(epp.Ours(),), public=True),
            retention="stated",
        ),
    ),
)
"""Registrars see all that is kept, which is for provisioning and shown to everybody by Whois, as long as it stands."""


def greeting(options: EppOptions, now: float) -> bytes:
    """The greeting. now: the world's time (svDate)."""
    return write(epp.Greeting(sv_id=options.server_id, sv_date=now, svc_menu=MENU, dcp=POLICY))
