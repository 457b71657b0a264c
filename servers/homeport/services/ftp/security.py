"""TLS: AUTH, PBSZ, PROT, CCC (RFC 2228 3, RFC 4217)."""

import msgspec

from homeport.protocol.commands import command
from homeport.protocol.secrets import shown_mechanism
from homeport.protocol.waiting import Steps
from homeport.services.ftp.access import Access
from homeport.services.ftp.dialogue import TLS, FtpDialogue
from homeport.services.ftp.replies import Refused, Reply

PROTECTED = ("TLS-P", "SSL")
"""Mechanism names that predate RFC 4217 and protect data connections without PROT."""


class Securing(msgspec.Struct, eq=False):
    """Commands that control TLS on the control and data connections."""

    dialogue: FtpDialogue
    access: Access

    @command("AUTH", "Begin TLS.", syntax="TLS", reference="RFC 4217 4")
    def auth(self, argument: str) -> Steps:
        mechanism = argument.upper()
        if mechanism not in ("TLS", "TLS-C", *PROTECTED):
            # It may be a secret: some clients send SASL.
            raise Refused(504, f"unknown mechanism {shown_mechanism(argument)!r}: use AUTH TLS (RFC 2228 3)")
        if self.dialogue.tls is not None:
            raise Refused(503, "the connection uses TLS already (RFC 4217 10.1)", "bad-sequence")
        if mechanism != "TLS":
            self.dialogue.report("old-auth", argument.encode("utf-8", "replace"))
        self.dialogue.reply("AUTH", argument, Reply(234, "begin TLS now (RFC 4217 4.2)"))
        utf8 = self.dialogue.memory.utf8
        self.access.reset_session()  # RFC 4217 4.2: login and transfer parameters are reset
        self.dialogue.memory.utf8 = utf8
        self.dialogue.memory.security.protected = mechanism in PROTECTED
        yield from self.access.begin_tls()

    @command("PBSZ", "Agree on a buffer size; TLS needs none.", syntax="0", needs=TLS, reference="RFC 4217 9")
    def pbsz(self, argument: str) -> Reply:
        if not (argument.isascii() and argument.isdigit()) or int(argument) >= 1 << 32:
            raise Refused(501, "write PBSZ 0 (RFC 4217 9, RFC 2228 3)", "syntax")
        self.dialogue.memory.security.sized = True
        return Reply(200, "PBSZ=0")

    @command(
        "PROT",
        "Choose TLS (P) or clear text (C) for data connections.",
        syntax="C | P",
        needs=TLS,
        reference="RFC 4217 9",
    )
    def prot(self, argument: str) -> Reply:
        level = argument.upper()
        if level in ("S", "E"):
            raise Refused(536, f"PROT {level} does not exist for TLS: use C or P (RFC 4217 9)")
        if level not in ("C", "P"):
            raise Refused(504, "write PROT P, or PROT C (RFC 4217 9)")
        if not self.dialogue.memory.security.sized:
            raise Refused(503, "send PBSZ 0 before PROT (RFC 4217 9, RFC 2228 3)", "prot-before-pbsz")
        if level == "C" and self.dialogue.options.tls_required:
            raise Refused(534, "this server requires TLS on data connections: send PROT P (RFC 2228 3)")
        if level == "C":
            self.dialogue.report("data-in-clear", b"PROT C")
        self.dialogue.memory.security.protected = level == "P"
        return Reply(200, "data connections use TLS" if level == "P" else "data connections are in the clear")

    @command(
        "CCC", "End TLS on the control connection; PROT stays in effect for data connections.", reference="RFC 4217 5"
    )
    def ccc(self, _argument: str) -> None:
        if self.dialogue.tls is None:
            raise Refused(533, "the control connection is in the clear already (RFC 4217 5)", "bad-sequence")
        if self.dialogue.options.tls_required:
            raise Refused(534, "this server requires TLS on the control connection (RFC 4217 5)")
        self.dialogue.reply("CCC", "", Reply(200, "the control connection is in the clear from now on (RFC 4217 5)"))
        self.dialogue.end_tls()
