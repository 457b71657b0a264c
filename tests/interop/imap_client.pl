# Use a mailbox with one message as applications do with Mail::IMAPClient, and print what was seen.
use strict;
use warnings;
use Mail::IMAPClient;
use Mail::IMAPClient::BodyStructure;

my ($port, $ca) = @ARGV;
my $client = Mail::IMAPClient->new(
    Server => "localhost", Port => $port, User => "alice", Password => "alice-pass", Uid => 1, Timeout => 20,
    Starttls => [SSL_ca_file => $ca],
) or die "$@";
sub checked { my $got = shift; defined $got or die $client->LastError; return $got }

checked($client->compress);
checked($client->create($_)) for "P", "P/Q";
print "created ", (grep { m{/} } $client->folders), "\n";
my $letter = "From: a\@b.example\r\nSubject: one\r\n\r\ntext\r\n";
print "appended ", checked($client->append_string("P", $letter, "\\Seen", "14-Oct-2026 20:00:00 +0000")), "\n";
checked($client->select("P"));
print "selected ", $client->message_count, "\n";
my ($uid) = $client->messages;
print join(" ", $client->body_string($uid) =~ /(\w+)/, $client->subject($uid)), "\n";
print "searched ", join(",", $client->search("SUBJECT", \"one")), "\n";
print "copied ", checked($client->copy("P/Q", $uid)), "\n";
checked($client->select("INBOX"));
print "parts ", scalar(my @parts = $client->get_bodystructure(1)->bodystructure), "\n";
checked($client->set_flag("Flagged", 1));
checked($client->tag_and_run($_)) for 'SETMETADATA P (/private/comment "two words")',
    'APPEND P "14-Oct-2026 20:00:00 +0000" CATENATE (URL "/P;UID=1/;SECTION=HEADER" URL "/P;UID=1/;SECTION=TEXT")';
my ($annotated) = checked(join "", $client->tag_and_run("GETMETADATA P /private/comment")) =~ /METADATA P \(.*"(.*)"/;
print "annotated $annotated\n";
checked($client->setacl("P", "bob", "lr"));
print "rights ", checked($client->getacl("P"))->{bob}, " of ", checked(scalar $client->listrights("P", "bob")), "\n";
checked($client->select("P/Q"));
checked($client->delete_message($uid));
checked($client->expunge);
print "expunged ", $client->message_count, "\n";
checked($client->select("INBOX"));
checked($client->delete("P/Q"));
checked($client->logout);
