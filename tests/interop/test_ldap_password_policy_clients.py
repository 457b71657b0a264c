"""Password policies as clients of other authors see them: those of OpenLDAP, and Net::LDAP for Perl."""

import subprocess

import pytest
from conftest import RunningFarm, farm_config
from tests.interop.conftest import lacking

BASE = "dc=homeport,dc=test"
ALICE = f"uid=alice,ou=people,{BASE}"
ADMIN = ("-D", f"cn=admin,{BASE}", "-w", "admin-pass")
DAY = 86400
POLICY = f"""\
dn: ou=policies,{BASE}
objectClass: organizationalUnit
ou: policies

dn: cn=default,ou=policies,{BASE}
objectClass: person
objectClass: pwdPolicy
cn: default
sn: default
pwdAttribute: userPassword
pwdMaxAge: {90 * DAY}
pwdExpireWarning: {7 * DAY}
pwdGraceAuthNLimit: 1
pwdLockout: TRUE
pwdMaxFailure: 2
pwdLockoutDuration: 60
pwdMustChange: TRUE
pwdCheckQuality: 2
pwdMinLength: 8
pwdInHistory: 3
"""
RESET = f"dn: {ALICE}\nchangetype: modify\nreplace: userPassword\nuserPassword: temporary\n"
PERL = """
use Net::LDAP;
use Net::LDAP::Control::PasswordPolicy;
use Net::LDAP::Constant qw(LDAP_CONTROL_PASSWORDPOLICY);
my ($port, @passwords) = @ARGV;
my $ldap = Net::LDAP->new("127.0.0.1", port => $port) or die "no connection";
for my $password (@passwords) {
    my $asked = Net::LDAP::Control::PasswordPolicy->new;
    my $bound = $ldap->bind("uid=alice,ou=people,dc=homeport,dc=test", password => $password, control => [$asked]);
    my ($told) = $bound->control(LDAP_CONTROL_PASSWORDPOLICY);
    my @said = $told
        ? ($told->pp_error, $told->time_before_expiration, $told->grace_authentications_remaining) : ();
    print join(" ", $bound->code, map { $_ // "-" } @said), "\\n";
}
$ldap->unbind;
"""


@pytest.fixture
def farm():
    """Return a farm for one test."""
    running = RunningFarm(farm_config("ldap"))
    yield running
    running.stop()


@pytest.fixture
def tool(client, farm):
    """Run a program of ldap-utils with the control: `tool("ldapsearch", ...)`; return status and output."""
    url = f"ldap://127.0.0.1:{farm.port('ldap', 'starttls')}"

    def run(name, *words, stdin=""):
        done = subprocess.run(
            [client(name), "-x", "-e", "ppolicy", "-H", url, *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run


def advance(farm, seconds):
    """Move the world's clock."""
    farm.call(lambda: farm.world.clock.advance(seconds))


def test_ldap_utils_show_lockout_expiry_grace_and_reset(farm, tool):
    def log_in(password):
        return tool("ldapwhoami", "-D", ALICE, "-w", password)

    assert tool("ldapadd", *ADMIN, stdin=POLICY)[0] == 0
    assert [log_in("wrong")[0] for _ in range(2)] == [49, 49]
    assert "Account locked" in log_in("alice-pass")[1]
    advance(farm, 60)
    assert log_in("alice-pass")[0] == 0

    advance(farm, 85 * DAY)
    assert "Password expires in 43" in log_in("alice-pass")[1]
    advance(farm, 6 * DAY)
    assert "Password expired, 0 grace logins remain" in log_in("alice-pass")[1]
    status, told = log_in("alice-pass")
    assert (status, "Password expired" in told) == (49, True)

    assert tool("ldapmodify", *ADMIN, stdin=RESET)[0] == 0
    assert "Password must be changed" in log_in("temporary")[1]
    mine = ("-D", ALICE, "-w", "temporary")
    assert tool("ldapsearch", *mine, "-b", BASE)[0] == 50
    assert "Password is too short for policy" in tool("ldappasswd", *mine, "-s", "short")[1]
    assert "error=8 (" in tool("ldappasswd", *mine, "-s", "alice-pass")[1]
    assert tool("ldappasswd", *mine, "-s", "chosen-well")[0] == 0
    assert tool("ldapsearch", "-D", ALICE, "-w", "chosen-well", "-b", BASE)[0] == 0


def test_net_ldap_parses_the_control(farm, tool, client, run):
    words = [client("perl"), "-MNet::LDAP::Control::PasswordPolicy", "-e", "1"]
    if subprocess.run(words, capture_output=True, timeout=60, check=False).returncode:
        lacking("there is no Net::LDAP in this Perl")
    assert tool("ldapadd", *ADMIN, stdin=POLICY)[0] == 0
    port = str(farm.port("ldap", "starttls"))

    def told(*passwords):
        return run("perl", "-e", PERL, port, *passwords).decode().splitlines()

    assert told("alice-pass", "wrong", "wrong") == ["0", "49", "49 1 - -"]
    advance(farm, 60)
    farm.call(farm.world.clock.freeze)
    assert told("alice-pass") == ["0"]
    changed = farm.call(lambda: farm.world.directory.passwords.changed(entry_of_alice(farm)))
    advance(farm, changed + 88 * DAY - farm.call(farm.world.clock.now))
    assert told("alice-pass") == [f"0 - {2 * DAY} -"]
    advance(farm, 3 * DAY)
    assert told("alice-pass", "alice-pass") == ["0 - - 0", "49 0 - -"]


def entry_of_alice(farm):
    """Return alice's entry; call it in the farm's thread."""
    directory = farm.world.directory
    return directory.find(directory.fold(ALICE))
