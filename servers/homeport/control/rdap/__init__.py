"""RDAP over HTTP: the registry as the world shows it to everybody (RFC 7480, RFC 9082, RFC 9083).

    GET W/rdap/domain/homeport.test    W/rdap/nameserver/ns1.homeport.test    W/rdap/entity/HM-1    W/rdap/help
    GET W/rdap/domains?name=home*      W/rdap/nameservers?ip=192.0.2.53       W/rdap/entities?fn=Harbour*

The same objects as Whois and EPP show, at the same clock; `objects.py` has their shape, `searches.py` the searches.
Unlike the rest of the API, errors are RDAP's own (RFC 9083 6), parameters that nobody knows are left out (RFC 7480
4.3), and the media type is application/rdap+json. An access to it is one to the control API, so it needs
the token where there is one, and there are no CORS headers. Numbers and networks are of other registries: 501.
"""

from homeport.control.rdap.operations import OPERATIONS

__all__ = ["OPERATIONS"]
