import smtplib

import pytest
from club import finger, upload, welcome


def test_a_mail_that_is_refused_once_is_retried(homeport):
    homeport.smtp.fail("RCPT", 451, times=1)
    welcome(homeport.smtp.address, "bob@example.org")

    message = homeport.smtp.wait_for(to="bob@example.org", timeout=5)
    assert message.subject == "Welcome"
    assert [one.code for one in homeport.smtp.commands("RCPT")] == ["451", "250"]
    homeport.assert_no_findings()


def test_a_mail_that_is_refused_for_good_is_not_retried(homeport):
    homeport.smtp.fail("RCPT", 550, times=0)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        welcome(homeport.smtp.address, "bob@example.org")
    assert [one.code for one in homeport.smtp.commands("RCPT")] == ["550"]


def test_a_file_arrives_whole(homeport):
    upload(homeport.ftp.address, "log.txt", b"Sailed at dawn.\r\n")
    assert homeport.ftp.wait_for("/home/alice/log.txt", timeout=5) == b"Sailed at dawn.\r\n"
    assert [one.id for one in homeport.findings()] == ["ftp.clear-password"]  # TLS was offered


def test_a_line_that_ends_with_lf_alone_is_a_finding(homeport):
    assert "Alice Liddell" in finger(homeport.finger.address, "alice")
    homeport.assert_no_findings()
    finger(homeport.finger.address, "alice", end="\n")
    assert [one.id for one in homeport.findings()] == ["finger.bare-lf"]
