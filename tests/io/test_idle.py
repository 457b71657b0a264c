"""How long a connection has been quiet, and how long it has stood."""

from homeport.io.net.idle import IdleClock


def test_sweeps_without_octets_are_counted():
    clock = IdleClock()
    for _ in range(3):
        clock.sweep(0)
    assert (clock.quiet, clock.age) == (3, 3)


def test_an_octet_since_the_last_sweep_begins_the_count_anew_and_leaves_the_age():
    clock = IdleClock()
    clock.sweep(0)
    clock.sweep(0)
    clock.sweep(1)
    assert (clock.quiet, clock.age) == (1, 3)
    clock.sweep(1)
    assert (clock.quiet, clock.age) == (2, 4)


def test_what_moves_besides_the_octets_of_the_connection_is_told():
    clock = IdleClock()
    clock.sweep(7)
    clock.sweep(7)
    clock.touch()
    clock.sweep(7)
    assert clock.quiet == 1


def test_sweeps_of_another_interval_are_so_many_of_the_new():
    clock = IdleClock()
    for _ in range(6):
        clock.sweep(0)
    clock.rescale(0.5)
    assert (clock.quiet, clock.age) == (3, 3)
