"""Whois data of a domain's registrar in info, for clients that ask for it (whoisInf-1.0)."""

from homeport.services.epp.extensions import Extension
from homeport.services.epp.flow import Request
from homeport.services.epp.grammar import domain, whoisinf
from homeport.world.registry import Domain


def registrar_of(request: Request[domain.Info], one: Domain) -> whoisinf.WhoisInfData | None:
    """Return the Whois data of a domain's sponsor; None if the client has not asked for them."""
    asked = request.extension(whoisinf.WhoisInf)
    if asked is None or not asked.flag:
        return None
    sponsor = request.registry.registrar(one.registrar)
    if sponsor is None:  # a registrar deleted over the API
        return whoisinf.WhoisInfData(registrar=one.registrar)
    return whoisinf.WhoisInfData(
        registrar=sponsor.name, whois_server=sponsor.whois_server[:255] or None, url=sponsor.url or None
    )


EXTENSION = Extension(
    uri=whoisinf.NAMESPACE,
    rfc="",
    belongs={domain.Info: whoisinf.WhoisInf},
    shows={domain.Info: registrar_of},
)
