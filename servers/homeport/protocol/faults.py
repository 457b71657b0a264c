"""Planned faults: their kinds, and the schema of a plan.

A plan says where (service, listener, match), what (`do`, exactly one kind), which matches (`after`, `times`,
`probability`) and in which direction. A match is

- a command, if the plan's `match` names a verb or an argument, or the kind is one of `OF_COMMANDS`;
- a datagram, on a UDP listener;
- otherwise a connection, for all of its duration.

`world/faults.py` stores a world's plans and counts their matches; `io/net/faults.py` and `io/net/datagram_faults.py`
apply faults to input and output, so that every service supports them. `OF_COMMANDS` are applied by the session itself,
because only the session can leave a command undone, and knows what an answer means.

A client can ask for a fault by a name, if `[faults] by_client` is set: see `fault_names.py`.
"""

import re
from collections.abc import Collection
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.config.peers import PeerSet

Direction = Literal["out", "in", "both"]
MS = {"unit": "ms"}
BYTES = {"unit": "bytes"}
Milliseconds = Annotated[
    int, Meta(ge=0, le=3_600_000, description="milliseconds", examples=[250], extra_json_schema=MS)
]
Count = Annotated[int, Meta(ge=1, le=1 << 40)]
TlsFault = Literal["expired", "not_yet_valid", "wrong_host", "self_signed", "untrusted", "old_version", "abort"]
FrameFault = Literal[
    "half",
    "length-without-header",
    "length-too-long",
    "little-endian",
    "not-well-formed",
    "wrong-cltrid",
    "no-cltrid",
    "no-final-dot",
    "early-dot",
    "wrong-type",
    "no-tabs",
    "unreachable-host",
    "unstuffed-dots",
    "wrong-size",
    "other-uids",
    "drop-in-message",
    "uidvalidity",
    "lose-uid",
    "expunge-under",
    "no-idle-push",
    "drop-in-literal",
    "wrong-literal-size",
    "wrong-id",
    "truncated",
    "tcp-refuse",
    "wrong-question",
    "wrong-source",
    "no-aa",
    "lame",
    "nxdomain",
    "nodata",
    "cname-loop",
    "bogus",
    "expired-signature",
    "edns-drop",
    "edns-formerr",
    "badcookie",
    "no-oack",
    "oack-lie",
    "ends-early",
    "kiss-rate",
    "kiss-deny",
    "kiss-rstr",
    "kiss-ntsn",
    "unsynchronised",
    "wrong-origin",
    "zero-transmit",
    "zero-stamps",
    "old-version",
    "wrong-mode",
    "root-distance",
    "next-era",
    "leap-insert",
    "leap-delete",
    "replay",
    "crypto-nak",
    "bad-mac",
    "option-storm",
    "option-loop",
    "refuse-all",
    "split-iac",
    "half-sb",
    "no-echo-off",
    "wrong-echo",
    "synch",
    "commands",
    "ayt-unanswered",
    "no-timing-mark",
    "send-go-ahead",
    "prompt-late",
    "prompt-garbled",
    "login-hangs",
    "logout-soon",
    "eight-bit",
    "no-cookies",
    "corrupt-cookies",
    "wrong-server",
    "unrecognized-record",
    "bad-request",
    "internal-error",
    "critical-record",
    "unknown-record",
    "warning",
    "no-end",
    "other-protocol",
    "other-algorithm",
    "nts-nak",
    "unprotected",
    "wrong-unique-id",
    "wrong-authenticator",
    "corrupt-new-cookies",
    "cookies-in-clear",
    "paging-on",
    "hang-in-answer",
    "slow-echo",
    "kicked-out",
    "wrong-count",
    "no-final-status",
    "no-msg-id",
    "notice-of-disconnection",
    "no-result",
    "ends-after-entries",
    "slow-entries",
    "wrong-cookie",
]

WORDS: dict[TlsFault | FrameFault, str] = {
    "expired": "a certificate that expired yesterday",
    "not_yet_valid": "a certificate that is valid from next year on",
    "wrong_host": "a certificate for another host",
    "self_signed": "a certificate that no authority has signed",
    "untrusted": "a certificate of an authority that the client does not know",
    "old_version": "TLS 1.0 and 1.1 only",
    "abort": "a close in the middle of the handshake",
    "half": "half of the frame, then a close",
    "length-without-header": "a length that leaves its own four octets out",
    "length-too-long": "a length that is longer than the frame or message",
    "little-endian": "a length with its octets in the wrong order",
    "not-well-formed": "XML that is not well-formed",
    "wrong-cltrid": "the clTRID of another command",
    "no-cltrid": "no clTRID, although the client sent one",
    "no-final-dot": "no line with a dot at the end",
    "early-dot": "a line with a dot after the first line",
    "wrong-type": "items of other types than they have",
    "no-tabs": "lines of a menu with spaces for TABs",
    "unreachable-host": "items of a host that does not exist",
    "unstuffed-dots": "lines that begin with a dot, sent without a second one",
    "wrong-size": "sizes that are too large by seven octets",
    "other-uids": "unique identifiers of another UIDVALIDITY",
    "drop-in-message": "half of the message, then a close",
    "uidvalidity": "a UIDVALIDITY that is higher by one",
    "lose-uid": "no UIDs: FETCH responses without UID, replies without APPENDUID and COPYUID",
    "expunge-under": "the first message expunged, as if another session had deleted it",
    "no-idle-push": "nothing of what changes during IDLE",
    "drop-in-literal": "half of a literal, then a close",
    "wrong-literal-size": "sizes of literals that are too large by seven octets",
    "truncated": "TC over UDP, and no records: the client must ask again over TCP",
    "tcp-refuse": "TC over UDP, and a reset over TCP",
    "wrong-id": "the id of another request",
    "wrong-question": "the answer to another question",
    "wrong-source": "the answer from another port",
    "no-aa": "an answer that is not authoritative: AA is clear",
    "lame": "a referral to the root, as of a server that does not have the zone",
    "nxdomain": "NXDOMAIN with the zone's SOA",
    "nodata": "no records of this type, with the zone's SOA",
    "cname-loop": "two CNAME records that lead to each other",
    "bogus": "signatures that do not match",
    "expired-signature": "signatures that expired 30 days ago",
    "edns-drop": "nothing, if the query has an OPT record",
    "edns-formerr": "FORMERR without OPT, if the query has an OPT record",
    "badcookie": "BADCOOKIE with a new cookie, if the query has a cookie",
    "no-oack": "no OACK, although the client sent options",
    "oack-lie": "an OACK with larger blocks than asked for, and with an option that was not asked for",
    "ends-early": "a block that is too short, as if it were the last one",
    "kiss-rate": "the kiss-o'-death RATE: the client must ask less often",
    "kiss-deny": "the kiss-o'-death DENY: the client must stop asking",
    "kiss-rstr": "the kiss-o'-death RSTR: the client must stop asking",
    "kiss-ntsn": "the kiss-o'-death NTSN to a request without NTS, which must ignore it",
    "unsynchronised": "leap indicator 3 and stratum 16, as of a server that does not know the time",
    "wrong-origin": "an origin timestamp that is not the request's transmit timestamp",
    "zero-transmit": "a transmit timestamp of zero",
    "zero-stamps": "receive and transmit timestamps of zero",
    "old-version": "version 2, not the request's",
    "wrong-mode": "mode 5 (broadcast) instead of 4",
    "root-distance": "a root delay and dispersion of 16 s each",
    "next-era": "timestamps of the first day of the next era, which begins on 2036-02-07",
    "leap-insert": "the announcement of an inserted leap second",
    "leap-delete": "the announcement of a deleted leap second",
    "replay": "the answer to an earlier request of the same client",
    "crypto-nak": "a crypto-NAK instead of a MAC, if the request has a MAC",
    "bad-mac": "a MAC or an authenticator that does not match, if the answer has one",
    "option-storm": "DO and WILL of all options at once",
    "option-loop": "an answer to every request, even for a state in force",
    "refuse-all": "no offers, and a refusal of every option",
    "split-iac": "Telnet commands in segments of one byte",
    "half-sb": "a subnegotiation without its end",
    "no-echo-off": "the password echoed",
    "wrong-echo": "each character echoed twice",
    "synch": "a Synch: IAC DM as urgent data",
    "commands": "AYT, AO, IP, BRK, EC, EL, GA, NOP and DM of the server",
    "ayt-unanswered": "no answer to AYT",
    "no-timing-mark": "no answer to DO TIMING-MARK",
    "send-go-ahead": "GO AHEAD after each prompt, although it is suppressed",
    "prompt-late": "the first output two seconds late",
    "prompt-garbled": "prompts with control sequences around them",
    "login-hangs": "nothing after the password",
    "logout-soon": "a logout after five seconds",
    "eight-bit": "letters with bit 7 set, without BINARY",
    "no-cookies": "no cookies, in a key exchange or in an answer",
    "corrupt-cookies": "a key exchange whose cookies the server cannot open",
    "wrong-server": "a key exchange that names an NTP server which does not answer",
    "unrecognized-record": "the error 0: a critical record that the server does not know",
    "bad-request": "the error 1: a malformed request",
    "internal-error": "the error 2: the server has failed",
    "critical-record": "a critical record of an unknown type, which a client must refuse",
    "unknown-record": "a record of an unknown type that is not critical, which a client must ignore",
    "warning": "a warning of an unknown kind",
    "no-end": "a response without its last record",
    "other-protocol": "a protocol that the client has not offered",
    "other-algorithm": "an algorithm that the client has not offered",
    "nts-nak": "the kiss code NTSN, as for a cookie that the server cannot open",
    "unprotected": "an answer without fields of NTS",
    "wrong-unique-id": "the unique identifier of another request",
    "wrong-authenticator": "an authenticator that does not match",
    "corrupt-new-cookies": "an answer whose new cookies the server cannot open",
    "cookies-in-clear": "new cookies that are not encrypted",
    "paging-on": "a pager that stops the answer for a key, although paging is off",
    "hang-in-answer": "half of the answer, then nothing more",
    "slow-echo": "the next line echoed slowly, character by character",
    "kicked-out": "the end of the session, in configuration mode",
    "wrong-count": "a number of results that is too large by one",
    "no-final-status": "no status line after the text",
    "no-msg-id": "a banner without capabilities and msg-id",
    "notice-of-disconnection": "the notice of disconnection with unavailable, then a close",
    "no-result": "no response that ends the operation",
    "ends-after-entries": "the entries without the result that ends the search, then a close",
    "slow-entries": "each entry a fifth of a second after the one before",
    "wrong-cookie": "a cookie of paged results that the server refuses afterwards",
}
"""What the client gets by the words of the kinds `tls` and `frame`."""


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the kinds of faults; the fields are a kind's parameters."""


class Plain(Kind, frozen=True):
    meaning = "A kind without parameters: `{}`."


class Latency(Kind, frozen=True):
    meaning = "Delays every piece of data; the order is kept."

    ms: Milliseconds
    jitter_ms: Annotated[
        int,
        Meta(
            ge=0,
            le=3_600_000,
            description="random extra delay in milliseconds, 0 to this",
            examples=[100],
            extra_json_schema=MS,
        ),
    ] = 0


class Bandwidth(Kind, frozen=True):
    meaning = "Limits the rate in bytes per second."

    bytes_per_s: Annotated[
        Count, Meta(description="bytes per second", examples=[3500], extra_json_schema={"unit": "bytes/s"})
    ]


class Slice(Kind, frozen=True):
    meaning = "Splits data into pieces of at most this many bytes, each a TCP segment of its own."

    size: Annotated[Count, Meta(description="maximum bytes per piece", examples=[1], extra_json_schema=BYTES)]
    delay_ms: Annotated[
        int, Meta(ge=0, le=3_600_000, description="milliseconds between pieces", examples=[10], extra_json_schema=MS)
    ] = 0


class Limit(Kind, frozen=True):
    meaning = "Passes this many bytes of the connection, or of the answer to a command, then closes."

    bytes: Annotated[int, Meta(ge=0, description="bytes that pass", examples=[1000], extra_json_schema=BYTES)]
    reset: Annotated[bool, Meta(description="reset the connection (RST) instead of closing it")] = False


class Refuse(Kind, frozen=True):
    meaning = "Takes the listener down: the kernel refuses connections until the fault is removed."

    seconds: Annotated[
        float,
        Meta(
            ge=0,
            description="seconds of real time; 0: until the fault is removed",
            examples=[10],
            extra_json_schema={"unit": "s"},
        ),
    ] = 0.0


class Garbage(Kind, frozen=True):
    meaning = "Replaces the next piece of data by random bytes; after it, data passes unchanged."

    bytes: Annotated[
        int, Meta(ge=1, le=1 << 20, description="number of random bytes", examples=[100], extra_json_schema=BYTES)
    ]


class Corrupt(Kind, frozen=True):
    meaning = "Changes random bytes."

    rate: Annotated[float, Meta(gt=0, le=1, description="share of bytes that are changed, 0 to 1", examples=[0.001])]


class Reply(Kind, frozen=True):
    meaning = (
        "Sends this reply and does not execute the command (SMTP, FTP, DICT; EPP: result code; IMAP, POP3: status; "
        "DNS: rcode; TFTP: error; LDAP: result)."
    )

    code: Annotated[
        Annotated[int, Meta(ge=100, le=9999)] | msgspec.UnsetType,
        Meta(description="reply code, or EPP result code", examples=[451]),
    ] = msgspec.UNSET
    text: Annotated[str, Meta(description="text of the reply, of one or more lines; empty: a default text")] = ""
    enhanced: Annotated[
        str,
        Meta(
            pattern=r"^([245]\.\d{1,3}\.\d{1,3})?$",
            description="enhanced status code such as 4.7.1 (RFC 3463), SMTP only",
        ),
    ] = ""
    status: Annotated[
        Literal["OK", "NO", "BAD", "BYE", "+OK", "-ERR"] | msgspec.UnsetType,
        Meta(description="status of the response, IMAP and POP3 only", examples=["NO"]),
    ] = msgspec.UNSET
    response_code: Annotated[
        Annotated[str, Meta(pattern=r"^[A-Za-z][!-Z^-~ ]{0,199}$")] | msgspec.UnsetType,
        Meta(
            description="response code without its brackets, such as INUSE or SYS/TEMP (RFC 5530, RFC 3206), IMAP and "
            "POP3 only",
            examples=["INUSE"],
        ),
    ] = msgspec.UNSET
    rcode: Annotated[
        Annotated[str, Meta(pattern=r"^([A-Za-z]{2,20}|[0-9]{1,4})$")]
        | Annotated[int, Meta(ge=0, le=4095)]
        | msgspec.UnsetType,
        Meta(description="response code, its mnemonic or its number, DNS only", examples=["SERVFAIL"]),
    ] = msgspec.UNSET
    ede: Annotated[
        Annotated[int, Meta(ge=0, le=65535)] | msgspec.UnsetType,
        Meta(description="code of the extended error (RFC 8914), whose text is `text`, DNS only", examples=[22]),
    ] = msgspec.UNSET
    result: Annotated[
        Annotated[str, Meta(pattern=r"^([A-Za-z-]{2,40}|[0-9]{1,5})$")]
        | Annotated[int, Meta(ge=0, le=65535)]
        | msgspec.UnsetType,
        Meta(description="result code, its name in RFC 4511 or its number, LDAP only", examples=["busy"]),
    ] = msgspec.UNSET
    matched_dn: Annotated[
        Annotated[str, Meta(max_length=1000)] | msgspec.UnsetType,
        Meta(description="the matched DN of the result, LDAP only", examples=["dc=homeport,dc=test"]),
    ] = msgspec.UNSET
    referrals: Annotated[
        Annotated[tuple[str, ...], Meta(max_length=100)] | msgspec.UnsetType,
        Meta(description="URLs of the result's referral, LDAP only", examples=[["ldap://other.test/"]]),
    ] = msgspec.UNSET
    error: Annotated[
        Annotated[int, Meta(ge=0, le=65535)] | msgspec.UnsetType,
        Meta(description="error code (RFC 1350, RFC 2347: 0 to 8), TFTP only", examples=[2]),
    ] = msgspec.UNSET

    @property
    def number(self) -> int:
        """The reply code; 0 for none."""
        return 0 if self.code is msgspec.UNSET else self.code

    @property
    def shown(self) -> str:
        """The reply as the journal names it: `451`, `NO [INUSE]`, `SERVFAIL`."""
        if self.rcode is not msgspec.UNSET:
            return str(self.rcode).upper()
        if self.result is not msgspec.UNSET:
            return str(self.result)
        if self.error is not msgspec.UNSET:
            return f"ERROR {self.error}"
        if self.status is msgspec.UNSET:
            return str(self.number)
        return self.status if self.response_code is msgspec.UNSET else f"{self.status} [{self.response_code}]"

    def refuse_others(self, allowed: Collection[str]) -> None:
        """Refuse the parameters that another protocol's replies have, and require the protocol's own.

        allowed: `code`, `status`, `rcode` or `error`, and what else the protocol's replies have besides `text`.
        Raises: FaultError.
        """
        hints = {
            "code": "only SMTP, FTP, EPP and DICT have numeric reply codes: leave it out",
            "enhanced": "only SMTP has enhanced status codes (RFC 3463): leave it out",
            "status": "only IMAP and POP3 have a status: leave it out",
            "response_code": "only IMAP and POP3 have response codes: leave it out",
            "rcode": "only DNS has an rcode: leave it out",
            "ede": "only DNS has extended errors (RFC 8914): leave it out",
            "result": "only LDAP has a result: leave it out",
            "matched_dn": "only LDAP has a matched DN: leave it out",
            "referrals": "only LDAP has referrals: leave it out",
            "error": "only TFTP has error codes of this kind: leave it out",
        }
        for name, hint in hints.items():
            if name not in allowed and getattr(self, name) not in ("", msgspec.UNSET):
                raise FaultError(f"do.reply.{name}", hint)
        examples = (
            ("code", "451"),
            ("status", "NO or -ERR"),
            ("rcode", "SERVFAIL"),
            ("error", "2"),
            ("result", "busy"),
        )
        for name, example in examples:
            if name in allowed and getattr(self, name) is msgspec.UNSET:
                article = "an" if name == "error" else "a"
                raise FaultError(f"do.reply.{name}", f"a reply needs {article} {name}, such as {example}")

    def with_lines(self) -> "Reply":
        r"""Return the reply with its lines separated by `\n`, without a line end after the last one.

        Protocols end lines themselves, so a text may have them as the protocol does, `\r\n`, or as files do.
        """
        text = self.text.replace("\r\n", "\n").removesuffix("\n")
        return self if text == self.text else msgspec.structs.replace(self, text=text)


class Answer(Kind, frozen=True):
    meaning = "Sends this text instead of the whole answer (services that answer with text)."

    text: Annotated[str, Meta(description="the whole answer", examples=["Try again later.\r\n"])]


class Flood(Kind, frozen=True):
    meaning = "Sends EXISTS again and again before the answer to a command (IMAP)."

    count: Annotated[int, Meta(ge=1, le=100_000, description="number of EXISTS responses", examples=[1000])]


class Unsolicited(Kind, frozen=True):
    meaning = "Sends an untagged response that no command asked for, before the answer to a command (IMAP)."

    text: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=8000,
            description="the response without `* `, of one or more lines",
            examples=["OK [ALERT] the server stops in ten minutes"],
        ),
    ]

    def __post_init__(self) -> None:
        if not all(line and line.isprintable() for line in self._lines):
            raise ValueError("text: write printable characters; `\\r\\n` begins another response")

    @property
    def _lines(self) -> list[str]:
        return self.text.replace("\r\n", "\n").removesuffix("\n").split("\n")

    @property
    def wire(self) -> bytes:
        """The responses as they are sent."""
        return b"".join([b"* %s\r\n" % line.encode() for line in self._lines])


class Capability(Kind, frozen=True):
    meaning = "Announces other capabilities than those that can be used (IMAP)."

    text: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=8000,
            description="the capabilities, separated by spaces",
            examples=["IMAP4rev1 IDLE"],
        ),
    ]

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[!-\\^-~]+( [!-\\^-~]+)*", self.text):
            raise ValueError("text: write capabilities of ASCII without ], separated by single spaces: IMAP4rev1 IDLE")


class Ttl(Kind, frozen=True):
    meaning = "Gives the records of an answer this TTL (DNS)."

    seconds: Annotated[
        int, Meta(ge=0, le=0xFFFF_FFFF, description="time to live", examples=[0], extra_json_schema={"unit": "s"})
    ]


class Offset(Kind, frozen=True):
    meaning = "Answers with a time that is ahead, or behind if negative (NTP)."

    ms: Annotated[
        float,
        Meta(ge=-1e14, le=1e14, description="milliseconds ahead of the clock", examples=[250], extra_json_schema=MS),
    ]
    ppm: Annotated[
        float,
        Meta(
            ge=-1e6,
            le=1e6,
            description="drift: microseconds that each second adds, from the first answer on",
            examples=[100],
            extra_json_schema={"unit": "ppm"},
        ),
    ] = 0.0

    def __post_init__(self) -> None:
        if not self.ms and not self.ppm:
            raise ValueError("give `ms` or `ppm` other than 0")


class Stratum(Kind, frozen=True):
    meaning = "Answers with this stratum (NTP)."

    number: Annotated[int, Meta(ge=0, le=255, description="stratum; 1 to 15 are valid", examples=[15])]


class Truncate(Kind, frozen=True):
    meaning = "Truncates a datagram to this many bytes."

    size: Annotated[int, Meta(ge=0, le=65535, description="bytes that remain", examples=[16], extra_json_schema=BYTES)]


class Do(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    meaning = "The kind of fault: exactly one of these."

    latency: Latency | msgspec.UnsetType = msgspec.UNSET
    bandwidth: Bandwidth | msgspec.UnsetType = msgspec.UNSET
    slice: Slice | msgspec.UnsetType = msgspec.UNSET
    limit: Limit | msgspec.UnsetType = msgspec.UNSET
    close: Annotated[Plain | msgspec.UnsetType, Meta(description="close at once")] = msgspec.UNSET
    reset: Annotated[Plain | msgspec.UnsetType, Meta(description="reset the connection (RST)")] = msgspec.UNSET
    hang: Annotated[Plain | msgspec.UnsetType, Meta(description="accept the connection and never answer")] = (
        msgspec.UNSET
    )
    refuse: Refuse | msgspec.UnsetType = msgspec.UNSET
    garbage: Garbage | msgspec.UnsetType = msgspec.UNSET
    corrupt: Corrupt | msgspec.UnsetType = msgspec.UNSET
    reply: Reply | msgspec.UnsetType = msgspec.UNSET
    answer: Answer | msgspec.UnsetType = msgspec.UNSET
    tls: Annotated[TlsFault | msgspec.UnsetType, Meta(description="defect of the TLS handshake")] = msgspec.UNSET
    frame: Annotated[
        FrameFault | msgspec.UnsetType,
        Meta(
            description="defect of the answer to a command (EPP, IMAP, POP3, DNS, LDAP, Telnet, NTP, TFTP, Gopher, "
            "DICT)"
        ),
    ] = msgspec.UNSET
    flood: Flood | msgspec.UnsetType = msgspec.UNSET
    unsolicited: Unsolicited | msgspec.UnsetType = msgspec.UNSET
    capability: Capability | msgspec.UnsetType = msgspec.UNSET
    ttl: Ttl | msgspec.UnsetType = msgspec.UNSET
    offset: Offset | msgspec.UnsetType = msgspec.UNSET
    stratum: Stratum | msgspec.UnsetType = msgspec.UNSET
    drop: Annotated[Plain | msgspec.UnsetType, Meta(description="drop a datagram")] = msgspec.UNSET
    duplicate: Annotated[Plain | msgspec.UnsetType, Meta(description="deliver a datagram twice")] = msgspec.UNSET
    reorder: Annotated[Plain | msgspec.UnsetType, Meta(description="deliver a datagram after the next one")] = (
        msgspec.UNSET
    )
    truncate: Truncate | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        named = [name for name in self.__struct_fields__ if getattr(self, name) is not msgspec.UNSET]
        if len(named) != 1:
            raise ValueError(f'`do` must name exactly one kind of fault, such as {{"close": {{}}}}; this names {named}')

    @property
    def kind(self) -> str:
        """Name of the kind."""
        return next(name for name in self.__struct_fields__ if getattr(self, name) is not msgspec.UNSET)


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    meaning = "Clients and commands that a fault applies to; fields left out match everything."

    verb: Annotated[str | None, Meta(description="the command, case-insensitive")] = None
    argument: Annotated[
        str | None, Meta(description="substring of the command's argument, or of the query, case-insensitive")
    ] = None
    peer: Annotated[str | None, Meta(description="the client's address, or a network")] = None
    conn: Annotated[str | None, Meta(description="one connection, such as c3; an open one is affected at once")] = None

    def __post_init__(self) -> None:
        if self.peer is not None:
            try:
                PeerSet([self.peer])
            except ValueError as error:
                raise ValueError(f"peer: {error}; write an address, or a network such as 192.0.2.0/24") from None


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A planned fault."

    service: str
    listener: Annotated[str | None, Meta(description="one listener of the service, such as tcp; default: all")] = None
    match: Match = Match()
    do: Do
    after: Annotated[int, Meta(ge=0, description="skip the first N matches")] = 0
    times: Annotated[int, Meta(ge=0, description="matches that it acts on; 0: all")] = 1
    probability: Annotated[
        float,
        Meta(gt=0, le=1, description="probability of acting on a match; drawn from the farm's seed, so it repeats"),
    ] = 1.0
    direction: Annotated[Direction, Meta(description="data that the server sends (out), receives (in), or both")] = (
        "out"
    )
    optional: Annotated[bool, Meta(description="do not fail the test if this fault never acts")] = False

    @property
    def by_command(self) -> bool:
        """True if it acts on commands."""
        return self.match.verb is not None or self.match.argument is not None or self.do.kind in OF_COMMANDS


class FaultError(ValueError):
    """An invalid plan. field: the field that is wrong. nearest: the valid value that was probably meant."""

    def __init__(self, field: str, words: str, nearest: str = "") -> None:
        super().__init__(f"{field}: {words}")
        self.field = field
        self.nearest = nearest


OF_ANSWERS = ("frame", "flood", "unsolicited", "capability", "ttl", "offset", "stratum")
"""Kinds that sessions apply to their answers; an answer that cannot have the defect is no match."""
OF_COMMANDS = ("reply", *OF_ANSWERS)
"""Kinds that act on commands only."""
