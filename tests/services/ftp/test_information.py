"""HELP, STAT, SYST, NOOP, FEAT, OPTS, LANG, CLNT, and the form of replies."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.ftp.replies import Reply, serialize_reply
from homeport.services.ftp.session import Ftp

REGISTERED = """
    ABOR ACCT ADAT ALLO APPE AUTH CCC CDUP CONF CWD DELE ENC EPRT EPSV FEAT HELP HOST LANG LIST MDTM MIC MKD MLSD MLST
    MODE NLST NOOP OPTS PASS PASV PBSZ PORT PROT PWD QUIT REIN REST RETR RMD RNFR RNTO SITE SIZE SMNT STAT STOR STOU
    STRU SYST TYPE USER XCUP XCWD XMKD XPWD XRMD
"""
"""RFC 5797's registry."""
KNOWN = "CLNT HASH MFCT MFMT XCRC XMD5 XSHA XSHA1 XSHA256 XSHA512"
"""Further features, from drafts and common practice."""


@pytest.mark.requirement("FTP-4.1.2.13-28", "FTP-RFC944-4", "FTP-4.1.2.8-1")
def test_help_names_every_command_before_login_and_no_others(client):
    one = client()
    lines = one.say("HELP").split("\r\n")
    verbs = set(" ".join(lines[1:-1]).split())
    assert lines[0].startswith("214-")
    assert lines[-1].startswith("214 ")
    assert verbs == {row.verb for row in Ftp.table if " " not in row.verb}
    assert verbs <= {*REGISTERED.split(), *KNOWN.split()}
    assert one.say("HELP retr").split("\r\n")[0] == "214-RETR file"
    assert one.say("HELP FROB").startswith("502")


@pytest.mark.requirement("FTP-4.1.2.13-27", "FTP-4.1.2.13-29")
def test_syst_and_noop(client):
    one = client()
    assert one.say("SYST") == "215 UNIX Type: L8"
    assert one.say("NOOP") == "200 okay"


def test_feat_lists_each_extension_after_a_blank(client):
    lines = client().say("FEAT").split("\r\n")
    assert lines[0].startswith("211-")
    assert lines[-1] == "211 end"
    features = [line.removeprefix(" ") for line in lines[1:-1]]
    assert all(line.startswith(" ") and not line.startswith("  ") for line in lines[1:-1])
    for feature in (
        "AUTH TLS",
        "CCC",
        "EPRT",
        "EPSV",
        "HOST",
        "MDTM",
        "MFMT",
        "PBSZ",
        "PROT",
        "REST STREAM",
        "SIZE",
        "TVFS",
        "UTF8",
    ):
        assert feature in features
    assert "MFCT" not in features


def test_opts_and_lang(client):
    one = client().log_in()
    assert one.say("OPTS UTF8 ON").startswith("200")
    assert one.say("OPTS UTF8 OFF").startswith("504")
    assert one.say("OPTS FROB").startswith("501")
    assert one.say("OPTS").startswith("501")
    assert one.say("LANG").startswith("200")
    assert one.say("LANG EN").startswith("200")
    assert one.say("LANG fr").startswith("504")
    assert one.say("CLNT test 1.0").startswith("200")


@pytest.mark.requirement("FTP-4.1.2.13-26")
def test_stat_shows_the_state_of_the_session(client):
    one = client()
    assert "not logged in" in one.say("STAT")
    one.start_tls().log_in()
    one.say("STRU R", "MODE B")
    lines = one.say("STAT").split("\r\n")
    assert lines[0].startswith("211-")
    assert lines[-1].startswith("211 ")
    assert " TLSv1.3 TLS_AES_256_GCM_SHA384, data connections in the clear" in lines
    assert " TYPE I N, STRU R, MODE B" in lines
    assert ' working directory "/home/alice"' in lines


@pytest.mark.requirement("FTP-RFC944-4")
def test_mail_commands_are_gone(client):
    one = client().log_in()
    for verb in ("MLFL", "MAIL", "MSND", "MSOM", "MSAM", "MRSQ", "MRCP"):
        assert one.say(f"{verb} alice").startswith("502")
    assert one.findings.count("mail-command") == 7


@pytest.mark.requirement("FTP-4.1.2.11-1", "FTP-4.1.2.11-5")
@given(code=st.integers(200, 599), text=st.text(max_size=100))
def test_every_reply_has_the_form_of_rfc_959(code, text):
    octets = serialize_reply(Reply(code, text))
    assert octets.endswith(b"\r\n")
    lines = octets[:-2].split(b"\r\n")
    assert lines[-1].startswith(f"{code} ".encode())
    if len(lines) > 1:
        assert lines[0].startswith(f"{code}-".encode())
        assert not any(re.match(rb"\d", line) for line in lines[1:-1])
    assert b"\r" not in b"".join(lines)
    assert b"\n" not in b"".join(lines)
