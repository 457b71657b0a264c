"""Ident in tests: queries that are waited for, and answers that are planned."""

import socket


def ask(ident, query):
    """Send a query; return the answer."""
    with socket.create_connection(ident.address, 5) as client:
        client.sendall(query)
        return client.makefile("rb", newline="").read()


def test_a_query_is_waited_for_and_its_answer_can_be_planned(world):
    assert ask(world.ident, b"6193, 23\r\n") == b"6193, 23 : ERROR : NO-USER\r\n"
    assert world.ident.wait_for("6193, 23").code == "NO-USER"
    assert world.ident.queries() == ["6193, 23"]
    world.ident.fail(answer="6193, 23 : USERID : UNIX :eve\r\n")
    assert ask(world.ident, b"6193, 23\r\n").endswith(b":eve\r\n")
