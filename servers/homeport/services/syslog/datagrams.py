"""Syslog over UDP (RFC 5426): a message in each datagram, and never an answer."""

import re
from collections.abc import Sequence

from homeport.protocol.effects import Effect, ReportFinding
from homeport.protocol.session import Context
from homeport.services.syslog.options import MIN_MESSAGE, RECOMMENDED_MESSAGE
from homeport.services.syslog.receiving import receive

MIN_MESSAGE_IPV6 = 1180
"""RFC 5426 3.2: bytes that receivers must accept over IPv6; over IPv4 480."""
COUNT = re.compile(rb"([1-9][0-9]{0,8}) (?=<[0-9]{1,3}>)")
NEXT = re.compile(rb"\n(?:[1-9][0-9]{0,8} )?<[0-9]{1,3}>")
COUNT_BYTES = frozenset(b"123456789")


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """Take one datagram."""
    if not data.strip(b"\r\n\0"):
        return (ReportFinding("message-empty", data),)
    size = len(data)
    rules: list[str] = []
    if data[0] in COUNT_BYTES and (count := COUNT.match(data)):
        rules.append("octet-count-in-udp")
        data = data[count.end() :]
    if b"\n" in data and NEXT.search(data):
        rules.append("several-in-datagram")
    if size > MIN_MESSAGE:
        if size > RECOMMENDED_MESSAGE:
            rules.append("too-long-for-udp")
        elif size > MIN_MESSAGE_IPV6 or ":" not in context.peer[0]:
            rules.append("over-minimum")
        if size > context.options.max_message:
            rules.append("message-cut")
            data = data[: context.options.max_message]
    return receive(context, data, "datagram", size, rules)
