"""The time of EPP's grammar: reading and writing common frames, in microseconds each.

    python bench/epp_grammar.py

Run it with `servers` on PYTHONPATH. The baseline is lxml's time to parse the same bytes.
"""

import timeit

from lxml import etree

from homeport.services.epp.grammar import domain, epp, read, write
from homeport.services.epp.grammar.eppcom import Password

TIMES = 2000
NOW = 1_700_000_000.0
NAMES = tuple(f"example-{number}.test" for number in range(10))


def frames() -> dict[str, epp.Frame]:
    """Return common frames by name."""
    ids = epp.TransactionIds(cl_trid="ABC-12345", sv_trid="54321-XYZ")
    done = (epp.Result(code=1000, msg=epp.Message(value="Command completed successfully")),)
    password = domain.AuthInfo(pw=Password(value="2fooBAR-2fooBAR"))
    contacts = tuple(domain.ContactRef(type=role, value="sh8013") for role in ("admin", "tech"))
    hosts = domain.Ns(host_obj=("ns1.example.net", "ns2.example.net"))
    checked = tuple(domain.Checked(name=domain.Availability(avail=True, value=name)) for name in NAMES)
    create = domain.Create(
        name=NAMES[0],
        period=domain.Period(unit="y", value=2),
        ns=hosts,
        registrant="jd1234",
        contact=contacts,
        auth_info=password,
    )
    info = domain.InfData(
        name=NAMES[0],
        roid="EXAMPLE1-HOMEPORT",
        status=(domain.Status(s="ok"),),
        registrant="jd1234",
        contact=contacts,
        ns=hosts,
        cl_id="harbour",
        cr_id="harbour",
        cr_date=NOW,
        ex_date=NOW + 31_536_000,
        auth_info=password,
    )
    return {
        "check of ten names": epp.Command(operation=epp.Check(object=domain.Check(name=NAMES)), cl_trid="ABC-12345"),
        "answer to it": epp.Response(result=done, res_data=(domain.ChkData(cd=checked),), tr_id=ids),
        "create": epp.Command(operation=epp.Create(object=create), cl_trid="ABC-12345"),
        "answer to an info": epp.Response(result=done, res_data=(info,), tr_id=ids),
    }


def main() -> None:
    print(f"{'frame':<20} {'octets':>7} {'read':>8} {'(parse)':>8} {'write':>8}")
    for name, frame in frames().items():
        octets = write(frame)
        read(octets)
        figures = [
            min(timeit.repeat(work, number=TIMES, repeat=5)) / TIMES * 1e6
            for work in (lambda: read(octets), lambda: etree.fromstring(octets), lambda: write(frame))  # noqa: B023 - run at once
        ]
        print(f"{name:<20} {len(octets):>7} {figures[0]:>8.1f} {figures[1]:>8.1f} {figures[2]:>8.1f}")


if __name__ == "__main__":
    main()
