"""Any packets in any order: no transfer raises, or sends much more than a window for a packet."""

import tempfile
from pathlib import Path

import pytest
from conftest import make_world
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples
from services.tftp.packets_client import Client, rrq, wrq

from homeport.config.sections import Config, FarmOptions
from homeport.disk.world_files import WorldFiles
from homeport.services import find_service
from homeport.services.tftp.packets import ack, data, error

WINDOW = 4
packets = st.one_of(
    st.builds(ack, st.integers(0, 12)),
    st.builds(data, st.integers(0, 12), st.sampled_from([b"", b"x" * 8, b"\r", b"\n\0", b"x" * 600])),
    st.builds(error, st.integers(0, 9)),
    st.binary(max_size=20),
    st.sampled_from(["timeout", "stray", "again", "stop"]),
)


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory() as made:
        (Path(made) / "x").write_bytes(b"one\r\ntwo\r" * 20)
        yield made


@given(
    told=st.lists(packets, max_size=25),
    reads=st.booleans(),
    mode=st.sampled_from(["octet", "netascii"]),
    options=st.fixed_dictionaries({}, optional={"blksize": st.just(8), "windowsize": st.just(WINDOW)}),
    blocks=st.booleans(),
)
@examples(300)
def test_no_transfer_raises_or_floods(folder, told, reads, mode, options, blocks):
    world = make_world()
    ftp = find_service("ftp").options(root=folder)
    store = WorldFiles(world, Config(farm=FarmOptions(), services={"ftp": ftp}))
    world.file_store = store
    store.open().blocks = blocks
    one = Client(world, write="replace", rollover=0)
    request = (rrq if reads else wrq)("x" if reads else "y", mode, **options)
    try:
        one.ask(request)
        for packet in told:
            if one.closed:
                break
            if packet == "timeout":
                sent = one.timeout() if "retransmit" in one.timers else []
            elif packet == "stray":
                sent = one.stray(ack(1))
            elif packet == "again":
                sent = one.ask(request) if not one.dallying else []
            elif packet == "stop":
                sent = one.stop()
            else:
                sent = one.send(packet)
            assert len(sent) <= 2 * WINDOW
            assert all(len(each) <= 516 for each in sent)
        one.leave()
        assert len([kind for kind, _fields in one.logs if kind == "file"]) == 1
    finally:
        store.close()
