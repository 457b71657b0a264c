"""Paths and recipients: the grammar, and which addresses exist."""

import pytest
from conftest import make_world
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.services.smtp.parameters import MAIL, RCPT, parse_parameters
from homeport.services.smtp.paths import FORWARD_PATH, REVERSE_PATH, parse_path
from homeport.services.smtp.replies import Refused
from homeport.world.mail.contents import MailContents
from homeport.world.world import WorldContents

GOOD = {
    "<a@b.example>": "a@b.example",
    "<a.b+c=d@b>": "a.b+c=d@b",
    '<"a b"@c.example>': '"a b"@c.example',
    r'<"a\"b"@c.example>': r'"a\"b"@c.example',
    '<""@c.example>': '""@c.example',
    "<a@[192.0.2.1]>": "a@[192.0.2.1]",
    "<a@[IPv6:2001:db8::1]>": "a@[IPv6:2001:db8::1]",
    "<a@[IPv6:::ffff:192.0.2.1]>": "a@[IPv6:::ffff:192.0.2.1]",
    "<a@[x-tag:content]>": "a@[x-tag:content]",
    "<@r.example:a@b.example>": "a@b.example",
    "<@r.example,@s.example:a@b.example>": "a@b.example",
    "<!#$%&'*+-/=?^_`{|}~@b.example>": "!#$%&'*+-/=?^_`{|}~@b.example",
    "<é@ü.example>": "é@ü.example",
    "<>": "",
    f"<{'a' * 64}@b.example>": "a" * 64 + "@b.example",
}
BAD = [
    "", "<", "<a", "<a@", "<a@b", "<@>", "<a b@c>", "<.a@b>", "<a.@b>", "<a..b@c>", "<a@b.>", "<a@.b>", "<a@b..c>",
    "<a@-b>", "<a@b->", "<a@b_c>", "<a@[]>", "<a@[1.2.3.256]>", "<a@[1.2.3]>", "<a@[IPv6:1.2.3.4]>", "<a@[IPv6:::1%o]>",
    '<"a@b>', '<"a"b@c>', "<@r.example a@b>", "<@r.example:>", "<a@b,c>", f"<a@{'b' * 64}.c>", "a@b", " <a@b>",
    "<postmaster>",
]  # fmt: skip


@pytest.mark.requirement("SMTP-5.2.17-1", "SMTP-5.2.6-3")
@pytest.mark.parametrize("path", GOOD)
def test_a_valid_path_is_accepted_unchanged(path):
    mailbox, rest = parse_path(path + " X=1", REVERSE_PATH)
    assert (mailbox.text, rest) == (GOOD[path], " X=1")


@pytest.mark.parametrize("path", BAD)
def test_an_invalid_path_is_refused_with_a_reason(path):
    with pytest.raises(Refused) as refused:
        parse_path(path, REVERSE_PATH)
    assert refused.value.reply.code == 501
    assert refused.value.reply.enhanced == "5.1.7"
    assert "(RFC 5321 " in refused.value.reply.text


@settings(max_examples=300)
@given(st.text(alphabet='<>@.,:"\\[] aé1-_', max_size=30), st.booleans())
def test_any_text_is_a_path_or_refused(text, forward):
    try:
        mailbox, rest = parse_path(text, FORWARD_PATH if forward else REVERSE_PATH)
    except Refused as refused:
        codes = {refused.reply.code}
    else:
        codes = {501}
        assert text.endswith(f"{mailbox.text}>{rest}")
    assert codes == {501}


@settings(max_examples=300)
@given(st.text(max_size=60))
def test_any_text_is_parameters_or_refused(text):
    codes = set()
    offered = {parameter.extension for parameter in (*MAIL.values(), *RCPT.values())}
    for table in (MAIL, RCPT):
        try:
            assert isinstance(parse_parameters(" " + text, table, offered), dict)
        except Refused as refused:
            codes.add(refused.reply.code)
    assert codes <= {501, 555}


@pytest.mark.requirement("SMTP-5.2.7-1", "SMTP-5.2.7-2", "SMTP-5.2.7-3")
def test_only_known_restricts_mailboxes_but_never_postmaster(client):
    world = make_world(WorldContents(mail=MailContents(only_known=True, domains=("homeport.test",))))
    one = client(world=world).hello()
    one.say("MAIL FROM:<a@client.example>")
    assert one.say("RCPT TO:<nobody@homeport.test>").startswith("550 5.1.1 no such mailbox")
    assert one.say("RCPT TO:<alice@elsewhere.example>").startswith("550 5.7.1 relaying denied")
    for address in (
        "<Postmaster>",
        "<POSTMASTER>",
        "<postmaster@homeport.test>",
        "<alice+tag@homeport.test>",
        "<alice@HOMEPORT.test>",
    ):
        assert one.say(f"RCPT TO:{address}").startswith("250")
    assert one.say("RCPT TO:<>").startswith("501 5.1.3")


@pytest.mark.requirement("SMTP-5.2.17-2")
def test_our_own_address_literal_is_our_own_domain(client):
    world = make_world(WorldContents(mail=MailContents(only_known=True, domains=("homeport.test",))))
    one = client(world=world).hello()
    one.say("MAIL FROM:<a@client.example>")
    assert one.say("RCPT TO:<alice@[127.0.0.1]>").startswith("250")
    assert one.say("RCPT TO:<alice@[192.0.2.1]>").startswith("550 5.7.1")
    six = client(world=world, local=("::1", 25)).hello()
    six.say("MAIL FROM:<a@client.example>")
    assert six.say("RCPT TO:<alice@[IPv6:0:0::1]>").startswith("250")


@pytest.mark.requirement("SMTP-5.2.6-3", "SMTP-5.2.6-5", "SMTP-5.2.16-1")
def test_a_source_route_is_dropped_and_the_last_host_counts(client):
    one = client().hello()
    one.say("MAIL FROM:<a@client.example>")
    assert one.say("RCPT TO:<@relay.example,@two.example:Alice%x!y@homeport.test>").startswith("250")
    one.say("DATA")
    one.send(b"\r\n.\r\n")
    assert one.envelopes[0].recipients[0].address == "Alice%x!y@homeport.test"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("MAIL FROM: <a@b.example>", "remove the space after the colon"),
        ("MAIL FROM :<a@b.example>", "remove the space before the colon"),
        ("MAIL FROM:a@b.example", "write the path between < and >"),
        ("MAIL TO:<a@b.example>", "write FROM:<...>"),
        ("MAIL FROM:<a@b.example>SIZE=1", "put a space between the path"),
    ],
)
def test_common_mistakes_have_different_findings(client, line, words):
    answer = client().hello().say(line)
    assert answer.startswith("501 5.")
    assert words in answer
