"""contact create (RFC 5733 3.2.1)."""

from homeport.services.epp.flow import EppError, Outcome, Request, Value, flow
from homeport.services.epp.flows import contact_values
from homeport.services.epp.flows.contact_data import disclose_of, password_of, phone_of, postal_of
from homeport.services.epp.flows.new_objects import put
from homeport.services.epp.grammar import contact as grammar
from homeport.services.epp.results import Code
from homeport.world.registry import Contact
from homeport.world.registry.objects import NO_POSTAL


@flow(grammar.Create)
def create(request: Request[grammar.Create]) -> Outcome:
    """Make a contact, whose sponsor is who asks."""
    command = request.command
    contact_values.check_id(command.id)
    postal = {given.type: postal_of(given) for given in command.postal_info}
    voice, voice_ext = phone_of(command.voice, "voice")
    fax, fax_ext = phone_of(command.fax, "fax")
    email = contact_values.email(command.email)
    password = password_of(command.auth_info)
    disclose = disclose_of(command.disclose, request.options.always_disclosed) if command.disclose else None
    if request.registry.contact(command.id) is not None:
        raise EppError(
            Code.OBJECT_EXISTS, "RFC 5733 3.2.1: there is a contact of this identifier", value=Value("id", command.id)
        )
    made = Contact(
        id=command.id,
        roid=request.registry.new_roid("contact"),
        registrar=request.registrar.id,
        creator=request.registrar.id,
        created=request.changes.now,
        postal=postal.get("int", NO_POSTAL),
        local_postal=postal.get("loc"),
        voice=voice,
        voice_ext=voice_ext,
        fax=fax,
        fax_ext=fax_ext,
        email=email,
        disclose=disclose,
        password=password,
    )
    return Outcome(code=put(request, made), data=grammar.CreData(id=made.id, cr_date=made.created))
