"""POP3 on a farm with sockets: mail that arrives by SMTP, TLS, and state that outlasts the farm."""

import poplib
import smtplib
import ssl

import pytest

LETTER = b"From: bob@homeport.test\r\nSubject: %d\r\n\r\n.dot\r\n"


def deliver(farm, count):
    with smtplib.SMTP("127.0.0.1", farm.port("smtp", "plain"), timeout=20) as client:
        for number in range(count):
            client.sendmail("bob@homeport.test", ["alice@homeport.test"], LETTER % number)


def login(farm):
    pop = poplib.POP3("127.0.0.1", farm.port("pop3", "starttls"), timeout=20)
    context = ssl.create_default_context(cafile=farm.farm.certificates.ca_file)
    context.check_hostname = False
    pop.stls(context)
    pop.user("alice")
    pop.pass_("alice-pass")
    return pop


@pytest.mark.parametrize("on_disk", [False, True])
def test_mail_that_arrives_by_smtp_is_read_and_deleted_over_pop3(start_farm, tmp_path, on_disk):
    farm = start_farm("smtp", "pop3", data=tmp_path if on_disk else "")
    deliver(farm, 40)
    pop = login(farm)
    for number in range(40):
        assert pop.retr(number + 1)[1][-4:] == [b"From: bob@homeport.test", b"Subject: %d" % number, b"", b".dot"]
        pop.dele(number + 1)
    assert b"40 deleted, 0 left" in pop.quit()
    again = login(farm)
    assert again.stat() == (0, 0)
    again.quit()
    assert {*farm.call(lambda: dict(farm.world.findings.counts))} & {"pop3.no-quit", "pop3.bad-sequence"} == set()


def test_what_quit_deleted_is_deleted_and_identifiers_are_the_same_after_a_restart(start_farm, tmp_path):
    farm = start_farm("smtp", "pop3", data=tmp_path)
    deliver(farm, 3)
    pop = login(farm)
    told = pop.uidl()[1]
    pop.dele(2)
    pop.quit()
    lost = login(farm)
    lost.dele(1)
    lost.close()
    farm.stop()
    again = login(start_farm("smtp", "pop3", data=tmp_path))
    assert [line.split()[1] for line in again.uidl()[1]] == [told[0].split()[1], told[2].split()[1]]
    again.quit()
