"""Libraries of PHP from Debian's packages: PHPMailer and Symfony's mailer."""

import json
from pathlib import Path

import pytest
from tests.interop.conftest import lacking

PHPMAILER = """
foreach (["Exception", "PHPMailer", "SMTP"] as $part) require "libphp-phpmailer/src/$part.php";
$options = json_decode($argv[1], true);
$mailer = new PHPMailer\\PHPMailer\\PHPMailer(true);
$mailer->isSMTP();
$mailer->Host = "localhost";
$mailer->Port = $options["port"];
$mailer->Helo = "client.example";
$mailer->SMTPSecure = $options["implicit"] ? "ssl" : "tls";
$mailer->SMTPOptions = ["ssl" => ["cafile" => $options["ca"]]];
$mailer->SMTPAuth = true;
$mailer->AuthType = $options["mechanism"];
$mailer->Username = "alice";
$mailer->Password = "alice-pass";
$mailer->SMTPKeepAlive = true;
$mailer->CharSet = "UTF-8";
$mailer->setFrom("alice@homeport.test", "Jörg");
$mailer->addAddress("bob@homeport.test");
$mailer->addAddress("carol@homeport.test");
for ($number = 0; $number < 3; $number++) {
    $mailer->Subject = "Grüße $number";
    $mailer->Body = "<b>fett</b>";
    $mailer->AltBody = ".\\r\\n..two\\r\\n";
    $mailer->clearAttachments();
    if ($number == 0) $mailer->addStringAttachment(str_repeat("\\0", 100000), "日本.bin");
    try { $mailer->send(); echo "sent\\n"; }
    catch (PHPMailer\\PHPMailer\\Exception $error) { echo "refused\\n"; }
}
$mailer->smtpClose();
"""
SYMFONY = """
require "Symfony/Component/Mailer/autoload.php";
use Symfony\\Component\\Mailer\\Transport\\Smtp\\{Auth, EsmtpTransport};
$options = json_decode($argv[1], true);
$transport = new EsmtpTransport("localhost", $options["port"], $options["implicit"]);
$transport->getStream()->setStreamOptions(["ssl" => ["cafile" => $options["ca"]]]);
$transport->setLocalDomain("client.example");
$transport->setUsername("alice");
$transport->setPassword("alice-pass");
$authenticators = ["PLAIN" => Auth\\PlainAuthenticator::class, "LOGIN" => Auth\\LoginAuthenticator::class,
    "CRAM-MD5" => Auth\\CramMd5Authenticator::class];
$property = new ReflectionProperty(EsmtpTransport::class, "authenticators");
$property->setAccessible(true);
$property->setValue($transport, [new $authenticators[$options["mechanism"]]()]);
for ($number = 0; $number < 3; $number++) {
    $mail = (new Symfony\\Component\\Mime\\Email())->from("Jörg <alice@homeport.test>")
        ->to("bob@homeport.test", "carol@homeport.test")->subject("Grüße $number")
        ->text(".\\r\\n..two\\r\\n")->html("<b>fett</b>");
    if ($number == 0) $mail->attach(str_repeat("\\0", 100000), "日本.bin");
    try { $transport->send($mail); echo "sent\\n"; }
    catch (Symfony\\Component\\Mailer\\Exception\\TransportException $error) { echo "refused\\n"; }
}
"""
LIBRARIES = {
    "phpmailer": ("libphp-phpmailer/src/PHPMailer.php", PHPMAILER),
    "symfony": ("Symfony/Component/Mailer/autoload.php", SYMFONY),
}


@pytest.fixture(params=LIBRARIES)
def php(request, client, run, post):
    """Send three messages on one connection with a library; return the outcome of each."""
    file, program = LIBRARIES[request.param]
    if not (Path("/usr/share/php") / file).exists():
        lacking(f"there is no {file} in /usr/share/php")

    def send(listener, mechanism):
        chosen = {"port": getattr(post, listener), "implicit": listener == "tls", "ca": post.ca, "mechanism": mechanism}
        # Ignore warnings of one version of PHP about libraries of another.
        words = ("-d", "error_reporting=E_ERROR", "-r", program, "--", json.dumps(chosen))
        return run(client("php"), *words).decode().split()

    return send


@pytest.mark.parametrize("listener", ["submission", "tls"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_php_submits_three_messages_on_one_connection_under_tls(php, post, listener, mechanism):
    assert php(listener, mechanism) == ["sent"] * 3
    messages = post.messages(3)
    assert [message["subject"] for message in messages] == ["Grüße 0", "Grüße 1", "Grüße 2"]
    assert {message["html"].rstrip() for message in messages} == {"<b>fett</b>"}
    assert {message["text"].rstrip() for message in messages} == {".\r\n..two"}
    attached = [
        (part["filename"], part["size"]) for message in messages for part in message["parts"] if part["attachment"]
    ]
    assert set(attached) == {("日本.bin", 100_000)}
    assert {message["envelope"]["mechanism"] for message in messages} == {mechanism}
    # The name of the attachment is an encoded word in a quoted string (RFC 2047 5), in both libraries.
    found = [[finding["id"] for finding in message["findings"]] for message in messages]
    assert found == [["smtp.encoded-word-misplaced"], [], []]
    assert post.findings() == {"encoded-word-misplaced"}


def test_php_is_not_blamed_for_a_recipient_that_is_greylisted(php, post):
    reply = {"code": 451, "enhanced": "4.7.1", "text": "greylisted"}
    post.plan(match={"verb": "RCPT", "argument": "carol"}, do={"reply": reply}, times=1)
    assert php("submission", "PLAIN") == ["refused", "sent", "sent"]
    assert post.findings() <= {"encoded-word-misplaced"}
    received = {
        message["subject"]: [one["address"].partition("@")[0] for one in message["envelope"]["to"]]
        for message in post.messages(post.ask("smtp/messages")["total"])
    }
    # PHPMailer sends to the recipients that are left, and then fails; Symfony sends to none.
    assert received.pop("Grüße 0", ["bob"]) == ["bob"]
    assert received == {"Grüße 1": ["bob", "carol"], "Grüße 2": ["bob", "carol"]}
