import os
import smtplib
import unittest

from club import finger, upload, welcome

from homeport import Farm

SERVICES = ["smtp", "ftp", "finger"]
farm = Farm(SERVICES, url=os.environ.get("HOMEPORT_URL"), token=os.environ.get("HOMEPORT_TOKEN", ""))
setUpModule = farm.start
tearDownModule = farm.stop


class ClubTest(unittest.TestCase):
    def setUp(self):
        self.world = self.enterContext(farm.world(SERVICES))

    def test_a_mail_that_is_refused_once_is_retried(self):
        self.world.smtp.fail("RCPT", 451, times=1)
        welcome(self.world.smtp.address, "bob@example.org")

        message = self.world.smtp.wait_for(to="bob@example.org", timeout=5)
        self.assertEqual(message.subject, "Welcome")
        self.assertEqual([one.code for one in self.world.smtp.commands("RCPT")], ["451", "250"])
        self.world.assert_no_findings()

    def test_a_mail_that_is_refused_for_good_is_not_retried(self):
        self.world.smtp.fail("RCPT", 550, times=0)
        with self.assertRaises(smtplib.SMTPRecipientsRefused):
            welcome(self.world.smtp.address, "bob@example.org")
        self.assertEqual([one.code for one in self.world.smtp.commands("RCPT")], ["550"])

    def test_a_file_arrives_whole(self):
        upload(self.world.ftp.address, "log.txt", b"Sailed at dawn.\r\n")
        self.assertEqual(self.world.ftp.wait_for("/home/alice/log.txt", timeout=5), b"Sailed at dawn.\r\n")
        self.assertEqual([one.id for one in self.world.findings()], ["ftp.clear-password"])  # TLS was offered

    def test_a_line_that_ends_with_lf_alone_is_a_finding(self):
        self.assertIn("Alice Liddell", finger(self.world.finger.address, "alice"))
        self.world.assert_no_findings()
        finger(self.world.finger.address, "alice", end="\n")
        self.assertEqual([one.id for one in self.world.findings()], ["finger.bare-lf"])
