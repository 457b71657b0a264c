"""The address given to clients, for a listener bound to one address or to all."""

import pytest

from homeport.protocol.addresses import connectable, parse_host


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        ("127.0.0.1:18000", ("127.0.0.1", 18000)),
        ("homeport:9", ("homeport", 9)),
        ("my_service", ("my_service", 80)),
        ("[2001:db8::1]:9", ("2001:db8::1", 9)),
        ("farm.example.", ("farm.example.", 80)),
        (None, None),
        ("", None),
        ("a b", None),
        ("a/b", None),
        ("a@b", None),
        ("a:port", None),
        ("a:65536", None),
        ("[::1", None),
        ("-" * 64, None),
        ("a..b", None),
        ("hôte", None),
    ],
)
def test_a_host_header_is_a_host_and_a_port_or_malformed(header, asked):
    assert parse_host(header) == asked


@pytest.mark.parametrize(
    ("bound", "asked", "told"),
    [
        (["127.0.0.1", "::1"], ("farm.example", 9), "127.0.0.1"),
        (["0.0.0.0", "::"], ("192.0.2.7", 9), "192.0.2.7"),
        (["0.0.0.0", "::"], ("2001:db8::7", 9), "2001:db8::7"),
        (["0.0.0.0"], ("2001:db8::7", 9), "127.0.0.1"),
        (["::"], ("192.0.2.7", 9), "::1"),
        (["0.0.0.0"], ("homeport", 9), "homeport"),
        (["0.0.0.0"], ("0.0.0.0", 9), "127.0.0.1"),
        (["0.0.0.0"], None, "127.0.0.1"),
        (["::", "0.0.0.0"], None, "::1"),
    ],
)
def test_clients_get_the_host_that_they_came_to_where_every_address_is_bound(bound, asked, told):
    assert connectable(bound, asked) == told
