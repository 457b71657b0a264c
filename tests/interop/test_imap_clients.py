"""curl, imaplib and openssl s_client read and write mailboxes."""

import imaplib
import ssl
import subprocess

import pytest
from services.imap.talking import MESSAGE


@pytest.fixture
def imap(start_farm):
    """Return a farm with IMAP and a message for Alice."""
    farm = start_farm("smtp", "imap")

    def deliver():
        account = farm.world.mailboxes.account("alice")
        body = account.begin(len(MESSAGE))
        body.write(MESSAGE)
        account.append(account.inbox, body)

    farm.call(deliver)
    return farm


@pytest.fixture
def trusted(imap):
    """Return a context that trusts the farm."""
    return ssl.create_default_context(cafile=imap.farm.certificates.ca_file)


class TestCurl:
    @pytest.fixture
    def curl(self, client, imap):
        """Run curl as Alice."""
        path = client("curl")

        def run(url, *arguments):
            ca = imap.farm.certificates.ca_file
            command = [path, "-sS", "--ssl-reqd", "--cacert", ca, "-u", "alice:alice-pass", url, *arguments]
            return subprocess.run(command, capture_output=True, timeout=30, check=True).stdout

        return run

    @pytest.mark.parametrize(("scheme", "listener"), [("imap", "starttls"), ("imaps", "tls")])
    def test_it_lists_reads_and_appends(self, curl, imap, tmp_path, scheme, listener):
        base = f"{scheme}://localhost:{imap.port('imap', listener)}"
        assert b'* LIST (\\HasNoChildren \\Sent) "/" Sent\r\n' in curl(f"{base}/")
        assert curl(f"{base}/INBOX;UID=1") == MESSAGE
        assert b"* SEARCH 1\r\n" in curl(f"{base}/INBOX?ALL")
        letter = tmp_path / "letter.eml"
        letter.write_bytes(MESSAGE)
        curl(f"{base}/Drafts", "-T", str(letter))
        assert b"* STATUS Drafts (MESSAGES 1)" in curl(f"{base}/", "-X", "STATUS Drafts (MESSAGES)")

    @pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
    def test_it_logs_in_by_every_mechanism_it_has(self, curl, imap, mechanism):
        url = f"imaps://localhost:{imap.port('imap', 'tls')}/"
        assert b"INBOX" in curl(url, "--login-options", f"AUTH={mechanism}")

    def test_a_token_logs_in(self, client, imap):
        ca, url = imap.farm.certificates.ca_file, f"imaps://localhost:{imap.port('imap', 'tls')}/"
        command = [client("curl"), "-sS", "--cacert", ca, "-u", "alice", "--oauth2-bearer", "alice-token", url]
        assert b"INBOX" in subprocess.run(command, capture_output=True, timeout=30, check=True).stdout


class TestImaplib:
    def test_it_logs_in_after_starttls_and_reads(self, imap, trusted):
        with imaplib.IMAP4("localhost", imap.port("imap", "starttls"), timeout=10) as program:
            assert program.starttls(trusted)[0] == "OK"
            program.login("alice", "alice-pass")
            assert program.select("INBOX") == ("OK", [b"1"])
            assert program.fetch("1", "(BODY[])")[1][0][1] == MESSAGE
            assert program.store("1", "+FLAGS", "\\Deleted")[0] == "OK"
            assert program.expunge() == ("OK", [b"1"])

    def test_it_authenticates_by_cram_md5_and_manages_mailboxes(self, imap, trusted):
        with imaplib.IMAP4_SSL("localhost", imap.port("imap", "tls"), ssl_context=trusted, timeout=10) as program:
            program.login_cram_md5("alice", "alice-pass")
            assert program.create("Work/2026")[0] == "OK"
            assert b'(\\HasNoChildren) "/" Work/2026' in program.list()[1]
            assert program.rename("Work", "Old")[0] == "OK"
            assert program.subscribe("Old/2026")[0] == "OK"
            assert b'() "/" Old/2026' in program.lsub()[1]
            assert program.append("Old/2026", "", None, MESSAGE)[0] == "OK"
            assert program.status("Old/2026", "(MESSAGES UIDNEXT)") == ("OK", [b"Old/2026 (MESSAGES 1 UIDNEXT 2)"])
            assert program.delete("Old/2026")[0] == "OK"


def test_openssl_starts_tls(client, imap):
    command = [client("openssl"), "s_client", "-quiet", "-starttls", "imap"]
    command += ["-connect", f"localhost:{imap.port('imap', 'starttls')}", "-CAfile", imap.farm.certificates.ca_file]
    done = subprocess.run(
        [*command, "-verify_return_error", "-ign_eof"],
        input=b"a1 LOGOUT\r\n",
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert b"a1 OK LOGOUT completed" in done.stdout
