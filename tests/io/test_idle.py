"""The idle time and the age of a connection."""

from homeport.io.net.idle import IdleClock


def test_sweeps_without_bytes_are_counted():
    clock = IdleClock()
    for _ in range(3):
        clock.sweep(0)
    assert (clock.quiet, clock.age) == (3, 3)


def test_an_byte_since_the_last_sweep_restarts_the_count_and_leaves_the_age():
    clock = IdleClock()
    clock.sweep(0)
    clock.sweep(0)
    clock.sweep(1)
    assert (clock.quiet, clock.age) == (1, 3)
    clock.sweep(1)
    assert (clock.quiet, clock.age) == (2, 4)


def test_what_moves_besides_the_bytes_of_the_connection_is_reported():
    clock = IdleClock()
    clock.sweep(7)
    clock.sweep(7)
    clock.touch()
    clock.sweep(7)
    assert clock.quiet == 1


def test_the_number_of_sweeps_follows_a_changed_interval():
    clock = IdleClock()
    for _ in range(6):
        clock.sweep(0)
    clock.rescale(0.5)
    assert (clock.quiet, clock.age) == (3, 3)
