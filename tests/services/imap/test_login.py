"""LOGIN, AUTHENTICATE, STARTTLS, and what is announced when."""

from base64 import b64encode

import pytest
from services.imap.talking import Program, every_way

from homeport.services.imap.options import EXTENSIONS, PERSONAS, REV2_PARTS

PLAIN = b64encode(b"\0alice\0alice-pass").decode()


def capabilities(program: Program) -> list[str]:
    return program.ask("CAPABILITY")[0].split()[2:]


class TestLogin:
    @pytest.mark.parametrize("name", ["alice", "ALICE", '"alice"', "alice@homeport.test", "{5+}\r\nalice"])
    def test_a_name_and_its_password_log_in(self, name):
        program = Program(login="")
        assert program.last(f"LOGIN {name} alice-pass").endswith("] logged in as alice")

    def test_it_ends_with_logout_and_not_with_the_connection(self):
        program = Program()
        present = program.world.presence
        assert [one.login for one in present if one.terminal == "imap"] == ["alice"]
        program.last("LOGOUT")
        assert [one.login for one in present if one.terminal == "imap"] == []

    def test_a_wrong_password_is_authentication_failed(self):
        program = Program(login="")
        assert program.last("LOGIN alice wrong").startswith("NO [AUTHENTICATIONFAILED] wrong password for 'alice'")
        assert program.last("LOGIN nobody wrong").startswith("NO [AUTHENTICATIONFAILED] unknown account 'nobody'")
        assert program.last("LOGIN alice alice-pass").startswith("OK")

    def test_without_tls_it_is_disabled_and_a_finding(self):
        program = Program(login="", listener="starttls")
        assert "LOGINDISABLED" in capabilities(program)
        assert program.last("LOGIN alice alice-pass").startswith("NO [PRIVACYREQUIRED]")
        assert program.findings == ["login-in-clear"]
        program = Program(login="", listener="starttls", clear_passwords=True)
        assert "LOGINDISABLED" not in capabilities(program)
        assert program.last("LOGIN alice alice-pass").startswith("OK")
        assert program.findings == ["login-in-clear"]

    @pytest.mark.parametrize("argument", ["alice", "alice ", "alice x y", "(alice) x", '"alice x', "alice p*ss"])
    def test_malformed_arguments_are_bad(self, argument):
        assert Program(login="").last(f"LOGIN {argument}").startswith("BAD")


class TestAuthenticate:
    def test_an_initial_response_saves_a_round_trip(self):
        assert Program(login="").last(f"AUTHENTICATE PLAIN {PLAIN}").endswith("logged in as alice")

    def test_without_one_the_server_asks(self):
        program = Program(login="")
        assert program.ask("AUTHENTICATE plain") == ["+ "]
        assert program.send(PLAIN.encode() + b"\r\n")[0].startswith("a1 OK")

    def test_an_equals_sign_is_an_empty_initial_response(self):
        program = Program(login="")
        assert program.last("AUTHENTICATE PLAIN =").startswith("BAD")
        assert program.findings[0] == "sasl-plain-form"

    def test_an_asterisk_cancels(self):
        program = Program(login="")
        program.ask("AUTHENTICATE PLAIN")
        assert program.send(b"*\r\n") == ["a1 BAD AUTHENTICATE was cancelled by the client (RFC 9051 6.2.2)"]
        assert program.last("NOOP") == "OK NOOP completed"

    def test_a_wrong_password_is_authentication_failed(self):
        wrong = b64encode(b"\0alice\0wrong").decode()
        assert Program(login="").last(f"AUTHENTICATE PLAIN {wrong}").startswith("NO [AUTHENTICATIONFAILED]")

    def test_what_is_not_base64_is_bad(self):
        program = Program(login="")
        assert program.last("AUTHENTICATE PLAIN a b c").startswith("BAD")
        assert program.findings == ["sasl-base64"]

    def test_a_mechanism_that_is_not_offered_is_refused(self):
        program = Program(login="")
        assert program.last("AUTHENTICATE GSSAPI").startswith("NO [CANNOT] unknown mechanism; offered: SCRAM")
        program = Program(login="", listener="starttls")
        assert program.last("AUTHENTICATE PLAIN").startswith("NO [PRIVACYREQUIRED]")

    def test_cut_anywhere_it_is_the_same(self):
        data = f"a1 AUTHENTICATE PLAIN\r\n{PLAIN}\r\na2 NOOP\r\n".encode()
        sent = every_way(data, lambda one: one.talk.sent.decode().split("\r\n")[1:], login="")
        assert sent[0] == "+ "
        assert sent[1].startswith("a1 OK")
        assert sent[2] == "a2 OK NOOP completed"


class TestSecrets:
    SECRETS = (b"alice-pass", PLAIN.encode(), b"hush")

    @pytest.mark.parametrize(
        ("data", "size"),
        [
            (b"a1 LOGIN alice alice-pass\r\n", 16),
            (b"tag LOGIN alice alice-pass\r\n", 16),
            (b"a1 LOGIN {5+}\r\nalice {10+}\r\nalice-pass\r\n", 10),
            (b"a1 login alice {10+}\r\nalice-pass\r\n", 10),
            (f"a1 AUTHENTICATE PLAIN {PLAIN}\r\n".encode(), len(PLAIN)),
            (f"a1 AUTHENTICATE PLAIN\r\n{PLAIN}\r\n".encode(), len(PLAIN)),
            (f"a1 AUTHENTICATE GSSAPI\r\n{PLAIN}\r\n".encode(), len(PLAIN)),
            (b"* LOGIN alice hush\r\n", 4),
            (b"LOGIN alice hush\r\n", 4),
            (b"a1 LOGIN alice hush", 4),
            (b"a\tLOGIN\talice\thush\r\n", 4),
            (b"ABCDE \tLOGIN alice hush\r\n", 4),
            (b"a \t login alice hush", 4),
            (b"a LOGIN  alice  hush\r\n", 4),
            (b"a LOGIN alice  hush\r\n", 4),
            (b"a LOGIN alice alice hush\r\n", 4),
            (b"a LOGIN alice {1+}\r\nx hush\r\n", 4),
            (b"a LOGIN alice (hush)\r\n", 4),
            (b"a AUTHENTICATE PLAIN  hush\r\n", 4),
            (b"a AUTHENTICATE PLAIN hush hush\r\n", 4),
            (b"a AUTHENTICATE  PLAIN hush\r\n", 4),
            (b"a AUTHENTICATE (PLAIN hush)\r\n", 4),
        ],
    )
    def test_no_secret_is_in_the_journal_or_in_a_finding(self, data, size):
        def look(program: Program) -> tuple[bool, bool]:
            program.end()
            seen = repr(program.talk.logs).encode() + b"".join(program.talk.shown.values())
            seen += bytes(program.talk.sent)  # a reply is in the journal as it was sent
            return any(secret in seen for secret in self.SECRETS), program.talk.concealed >= size

        assert every_way(data, look, login="") == (False, True)

    def test_after_a_refused_login_the_next_line_is_no_command_unless_it_begins_like_one(self):
        program = Program(login="")
        program.ask("AUTHENTICATE GSSAPI")
        assert program.send(b"c2VjcmV0\r\n")[0].startswith("* BAD the login was refused")
        assert program.last("NOOP") == "OK NOOP completed"
        assert ("NOOP", "", "OK") in program.commands


class TestStartTls:
    def test_capabilities_change_with_tls_and_with_login(self):
        program = Program(login="", listener="starttls")
        before = capabilities(program)
        assert {"STARTTLS", "LOGINDISABLED", "AUTH=SCRAM-SHA-256"} <= {*before}
        assert "AUTH=PLAIN" not in before
        program.start_tls()
        secure = capabilities(program)
        assert "AUTH=PLAIN" in secure
        assert not {"STARTTLS", "LOGINDISABLED"} & {*secure}
        told = program.last("LOGIN alice alice-pass")
        after = capabilities(program)
        assert told.startswith(f"OK [CAPABILITY {' '.join(after)}]")
        assert not [word for word in after if word.startswith("AUTH=")]
        assert {"MOVE", "UIDPLUS"} <= {*after}

    def test_it_is_neither_announced_nor_accepted_under_tls(self):
        program = Program(login="")
        assert "STARTTLS" not in capabilities(program)
        assert program.last("STARTTLS").startswith("BAD TLS is on already")
        assert program.findings == ["starttls-twice"]

    def test_data_after_it_is_discarded_and_a_finding(self):
        program = Program(login="", listener="starttls")
        assert program.send(b"a1 STARTTLS\r\na2 NOOP\r\n") == ["a1 OK begin TLS negotiation now"]
        assert program.findings == ["starttls-injection"]

    def test_without_it_it_is_unknown(self):
        program = Program(login="", listener="starttls", without=["STARTTLS"])
        assert "STARTTLS" not in capabilities(program)
        assert program.last("STARTTLS").startswith("BAD STARTTLS needs STARTTLS, which this server does not announce")


class TestWithout:
    @pytest.mark.parametrize("name", EXTENSIONS)
    def test_what_is_withdrawn_is_not_announced(self, name):
        program = Program(without=[name], login="" if name in ("AUTH", "LOGIN") else "alice")
        if name in ("AUTH", "LOGIN"):
            assert not [word for word in capabilities(program) if name == "AUTH" and word.startswith("AUTH=")]
            return
        assert name not in [word.partition("=")[0] if name == "APPENDLIMIT" else word for word in capabilities(program)]

    @pytest.mark.parametrize("name", REV2_PARTS)
    def test_imap4rev2_is_not_announced_without_one_of_its_parts(self, name):
        assert "IMAP4rev2" not in capabilities(Program(without=[name]))

    @pytest.mark.parametrize(
        ("name", "command"),
        [
            ("ID", "ID NIL"),
            ("ENABLE", "ENABLE CONDSTORE"),
            ("IDLE", "IDLE"),
            ("NAMESPACE", "NAMESPACE"),
            ("UNSELECT", "UNSELECT"),
            ("MOVE", "MOVE 1 Trash"),
            ("UIDPLUS", "UID EXPUNGE 1"),
            ("QUOTA", "GETQUOTAROOT INBOX"),
            ("LIST-EXTENDED", 'LIST (SUBSCRIBED) "" *'),
            ("LIST-STATUS", 'LIST "" * RETURN (STATUS (MESSAGES))'),
            ("SPECIAL-USE", 'LIST (SPECIAL-USE) "" *'),
            ("CREATE-SPECIAL-USE", "CREATE x (USE (\\Sent))"),
            ("STATUS=SIZE", "STATUS INBOX (SIZE)"),
            ("CONDSTORE", "STATUS INBOX (HIGHESTMODSEQ)"),
            ("CONDSTORE", "FETCH 1 (MODSEQ)"),
            ("OBJECTID", "STATUS INBOX (MAILBOXID)"),
            ("APPENDLIMIT", "STATUS INBOX (APPENDLIMIT)"),
            ("REPLACE", "REPLACE 1 INBOX {1+}\r\nx"),
            ("BINARY", "FETCH 1 (BINARY[])"),
            ("PREVIEW", "FETCH 1 (PREVIEW)"),
            ("SAVEDATE", "FETCH 1 (SAVEDATE)"),
        ],
    )
    def test_what_is_withdrawn_is_bad(self, name, command):
        program = Program(without=[name])
        program.ask("SELECT INBOX")
        reply = program.last(command)
        assert reply.startswith("BAD")
        assert name in reply
        assert program.findings[-1] == "capability-not-announced"

    def test_an_initial_response_needs_sasl_ir(self):
        program = Program(login="", without=["SASL-IR"])
        assert program.last(f"AUTHENTICATE PLAIN {PLAIN}").startswith("BAD an initial response needs SASL-IR")

    def test_login_can_be_withdrawn(self):
        program = Program(login="", without=["LOGIN"])
        assert "LOGINDISABLED" in capabilities(program)
        assert program.last("LOGIN alice alice-pass").startswith("BAD LOGIN needs LOGIN")

    def test_words_can_be_added(self):
        assert capabilities(Program(announce=["X-GM-EXT-1"]))[-1] == "X-GM-EXT-1"

    @pytest.mark.parametrize("persona", PERSONAS, ids=lambda one: one.name)
    def test_every_persona_serves_rev1(self, persona):
        program = Program(**persona.options)
        assert "IMAP4rev1" in capabilities(program)
        assert "IMAP4rev2" not in capabilities(program)
        assert program.last("SELECT INBOX").startswith("OK")

    def test_the_bare_persona_announces_nothing_but_rev1(self):
        bare = next(one for one in PERSONAS if one.name == "rev1-bare")
        assert capabilities(Program(**bare.options)) == ["IMAP4rev1"]
