"""RDAP over HTTP: the registry's public data (RFC 7480, RFC 9082, RFC 9083).

    GET W/rdap/domain/homeport.test    W/rdap/nameserver/ns1.homeport.test    W/rdap/entity/HM-1    W/rdap/help
    GET W/rdap/ip/192.0.2.77             W/rdap/ip/2001:db8::/48             W/rdap/autnum/64496
    GET W/rdap/domains?name=home*      W/rdap/nameservers?ip=192.0.2.53       W/rdap/entities?fn=Harbour*

It shows the same objects as Whois and EPP, by the same clock; `services/rdap` serializes and finds them.
Unlike the rest of the API, errors are RDAP's own (RFC 9083 6), unknown parameters are ignored (RFC 7480
4.3), and the media type is application/rdap+json. It is part of the control API, so it needs
the token where there is one, and there are no CORS headers. Searches for networks and AS numbers are not
supported: 501.
"""

from homeport.control.rdap.operations import OPERATIONS

__all__ = ["OPERATIONS"]
