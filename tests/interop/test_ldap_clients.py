"""Clients of other authors that speak LDAP."""

import importlib
import subprocess
import warnings
from pathlib import Path

import pytest
from conftest import RunningFarm, farm_config
from tests.interop.conftest import lacking

BASE = "dc=homeport,dc=test"
ALICE = f"uid=alice,ou=people,{BASE}"
EVE = f"uid=eve,ou=people,{BASE}"
ADMIN = ("-D", f"cn=admin,{BASE}", "-w", "admin-pass")
NEW = f"""\
dn: {EVE}
objectClass: inetOrgPerson
uid: eve
cn: Eve Quay
sn: Quay
userPassword: secret
"""
CHANGE = f"""\
dn: {EVE}
changetype: modify
replace: telephoneNumber
telephoneNumber: +1 555
-
add: mail
mail: eve@x.test
mail: second@x.test
"""
PERL = """
use Net::LDAP;
use Net::LDAP::Control::Paged;
my ($port) = @ARGV;
my $ldap = Net::LDAP->new("127.0.0.1", port => $port) or die "no connection";
my $bound = $ldap->bind("uid=alice,ou=people,dc=homeport,dc=test", password => "alice-pass");
print $bound->code, "\\n";
my $filter = "(&(objectClass=person)(sn=Anchor))";
my $found = $ldap->search(base => "dc=homeport,dc=test", filter => $filter, attrs => ["cn"]);
print join(",", sort map { $_->get_value("cn") } $found->entries), "\\n";
print $ldap->search(base => "ou=nowhere,dc=homeport,dc=test", filter => "(cn=*)")->code, "\\n";
$ldap->unbind;
"""
NODE = """
const { Client } = require("ldapts");
(async () => {
  const client = new Client({ url: process.argv[2] });
  await client.bind("uid=alice,ou=people,dc=homeport,dc=test", "alice-pass");
  const { searchEntries } = await client.search("dc=homeport,dc=test", {
    scope: "sub", filter: "(&(objectClass=person)(uid=b*))", paged: { pageSize: 1 }, attributes: ["cn", "memberOf"],
  });
  console.log(JSON.stringify(searchEntries));
  const wrong = client.bind("uid=alice,ou=people,dc=homeport,dc=test", "wrong");
  await wrong.catch((error) => console.log(error.code));
  await client.unbind();
})();
"""


@pytest.fixture(scope="module")
def farm():
    """Return a farm for all clients."""
    running = RunningFarm(farm_config("ldap"))
    yield running
    running.stop()


@pytest.fixture
def url(farm):
    """The URL of the listener with StartTLS."""
    return f"ldap://127.0.0.1:{farm.port('ldap', 'starttls')}"


@pytest.fixture
def findings(farm):
    """Return what the client of this test has done wrong, but for passwords in the clear."""
    since = farm.call(lambda: farm.world.journal.seq)
    return lambda: {one["id"] for one in farm.events("finding", since)} - {"ldap.bind-in-clear"}


@pytest.fixture
def tool(client, url):
    """Run a program of ldap-utils with simple authentication: `tool("ldapsearch", ...)`; return status and output."""

    def run(name, *words, stdin=""):
        done = subprocess.run(
            [client(name), "-x", "-H", url, *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_ldapsearch_finds_people_groups_and_the_schema(tool, findings):
    status, told = tool("ldapsearch", "-LLL", "-b", BASE, "uid=alice", "cn", "memberOf")
    assert (status, "cn: Alice Liddell" in told, f"memberOf: cn=crew,ou=groups,{BASE}" in told) == (0, True, True)
    assert "inetOrgPerson" in tool("ldapsearch", "-LLL", "-b", "cn=subschema", "-s", "base", "objectClasses")[1]
    assert "1.2.840.113556.1.4.319" in tool("ldapsearch", "-LLL", "-b", "", "-s", "base", "+")[1]
    assert (
        tool("ldapsearch", "-LLL", "-b", BASE, "-E", "pr=2/noprompt", "objectClass=person", "uid")[1].count("uid: ")
        == 5
    )
    assert tool("ldapsearch", "-b", f"ou=nowhere,{BASE}")[0] == 32
    assert findings() == set()


def test_ldap_utils_add_change_compare_rename_and_delete(tool, farm, findings):
    assert tool("ldapadd", *ADMIN, stdin=NEW)[0] == 0
    assert tool("ldapwhoami", "-D", EVE, "-w", "secret") == (0, f"dn:{EVE}\n")
    assert tool("ldapmodify", *ADMIN, stdin=CHANGE)[0] == 0
    assert tool("ldapcompare", *ADMIN, EVE, "mail:SECOND@x.test")[0] == 6
    assert tool("ldappasswd", "-D", EVE, "-w", "secret", "-a", "secret", "-s", "other")[0] == 0
    assert farm.call(lambda: farm.world.people.get("eve").password) == "other"
    assert tool("ldapmodrdn", *ADMIN, "-r", EVE, "uid=eva")[0] == 0
    assert farm.call(lambda: farm.world.people.get("eva").phone) == "+1 555"
    assert tool("ldapdelete", *ADMIN, f"uid=eva,ou=people,{BASE}")[0] == 0
    assert tool("ldapadd", *ADMIN, stdin=NEW.replace("sn: Quay\n", ""))[0] == 65
    assert findings() == set()


def test_ldapwhoami_starts_tls_and_speaks_sasl(farm, url, client, monkeypatch):
    monkeypatch.setenv("LDAPTLS_CACERT", str(farm.farm.certificates.ca_file))
    secure = url.replace("127.0.0.1", "localhost")
    words = [client("ldapwhoami"), "-ZZ", "-x", "-H", secure, "-D", ALICE, "-w", "alice-pass"]
    assert subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout == f"dn:{ALICE}\n"


def test_curl_reads_entries(farm, client, url, run):
    assert b"cn: Alice Liddell" in run(client("curl"), "-sS", f"{url}/{BASE}?cn?sub?(uid=alice)")


def test_ldap3_reads_the_schema_and_finds_by_it(farm, findings):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ldap3 = importlib.import_module("ldap3")
    except ImportError as error:
        lacking(f"there is no ldap3 in this Python: {error}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = ldap3.Server("127.0.0.1", farm.port("ldap", "starttls"), get_info=ldap3.ALL)
        with ldap3.Connection(server, ALICE, "alice-pass", auto_bind=True) as connection:
            assert "inetOrgPerson" in server.schema.object_classes
            assert connection.search(BASE, "(cn=*anchor)", attributes=["cn", "memberOf"])
            assert sorted(one.cn.value for one in connection.entries) == ["Carol Anchor", "Robert Anchor"]
            assert connection.extend.standard.who_am_i() == f"dn:{ALICE}"
            pages = connection.extend.standard.paged_search(BASE, "(objectClass=person)", paged_size=2, generator=False)
            assert len(pages) == 5
        socket = connection.socket
        connection.unbind()  # `with` leaves a connection as it found it
        socket.close()  # ldap3 leaves it open if the server closes first
    assert findings() == set()


def test_net_ldap_binds_and_searches(farm, client, run, findings):
    if subprocess.run(
        [client("perl"), "-MNet::LDAP", "-e", "1"], capture_output=True, timeout=60, check=False
    ).returncode:
        lacking("there is no Net::LDAP in this Perl")
    told = run("perl", "-e", PERL, str(farm.port("ldap", "starttls"))).decode().splitlines()
    assert told == ["0", "Carol Anchor,Robert Anchor", "32"]
    assert findings() == set()


def test_ldapts_reads_pages(url, client, run, tmp_path, findings):
    script = tmp_path / "pages.js"
    script.write_text(NODE)
    words = [client("node"), "-e", "require('ldapts')"]
    if subprocess.run(words, capture_output=True, timeout=60, check=False).returncode:
        lacking("there is no ldapts for Node")
    shown, code = run("node", Path(script), url).decode().splitlines()
    assert '"cn":"Robert Anchor"' in shown
    assert f'"memberOf":"cn=crew,ou=groups,{BASE}"' in shown
    assert code == "49"
    assert findings() == set()
