"""The UDP guard's rules, without sockets."""

from homeport.io.net.guard import BREADTH, Guard, hops_left


def test_a_well_known_port_gets_nothing():
    guard = Guard(enabled=True, answers_per_second=0)
    assert [guard.refuses(port, 64) for port in (0, 7, 13, 17, 19, 1023)] == ["well-known port"] * 6
    assert guard.refuses(1024, 64) is None


def test_a_service_of_ours_gets_nothing():
    guard = Guard(enabled=True, answers_per_second=0)
    guard.know_services([10007])
    assert guard.refuses(10007, 64) == "port of a service"


def test_a_datagram_that_came_round_too_often_gets_nothing():
    guard = Guard(enabled=True, answers_per_second=0)
    assert guard.refuses(40000, 2) is None
    assert guard.refuses(40000, 1) == "loop"


def test_every_answer_has_a_hop_less_than_its_question_so_a_loop_ends_after_64():
    hops, rounds = 64, 0
    guard = Guard(enabled=True, answers_per_second=0)
    while guard.refuses(40000, hops) is None:
        hops = hops_left(hops)
        rounds += 1
    assert rounds == 63
    assert hops_left(255) == 63


def test_one_address_gets_a_limited_number_of_answers_per_second_and_another_its_own():
    guard = Guard(enabled=True, answers_per_second=3)
    assert [guard.allows("192.0.2.1", 1, 100) for _ in range(4)] == [True, True, True, False]
    assert guard.allows("192.0.2.2", 3, 100)
    assert not guard.allows("192.0.2.2", 1, 100)
    assert guard.allows("192.0.2.1", 1, 101)


def test_what_is_remembered_of_addresses_is_bounded():
    guard = Guard(enabled=True, answers_per_second=1)
    for number in range(200_000):
        guard.allows(str(number), 1, 1)
    assert len(guard._answers) <= 65_536


def test_switched_off_it_lets_everything_through():
    guard = Guard(enabled=False, answers_per_second=0)
    assert guard.refuses(7, 1) is None
    assert guard.allows("192.0.2.1", 1000, 1)


def test_a_port_that_a_service_names_is_answered_and_another_well_known_one_is_not():
    guard = Guard(enabled=True, answers_per_second=0)
    assert guard.refuses(123, 64, frozenset({123})) is None
    assert guard.refuses(19, 64, frozenset({123})) == "well-known port"
    assert guard.refuses(123, 1, frozenset({123})) == "loop"


def test_answers_of_several_datagrams_to_one_port_are_bounded_in_a_second_and_another_port_has_its_own():
    guard = Guard(enabled=True, answers_per_second=0)
    allowed = [guard.allows_several(("127.0.0.1", 40000), 16, 100) for _ in range(20)]
    assert sum(allowed) * 16 == BREADTH
    assert guard.allows_several(("127.0.0.1", 40001), 16, 100)
    assert guard.allows_several(("::1", 40000), 16, 100)
    assert not guard.allows_several(("127.0.0.1", 40000), 2, 100)
    assert guard.allows_several(("127.0.0.1", 40000), 16, 101)


def test_one_answer_is_whole_however_many_datagrams_it_has_and_the_next_of_that_second_is_none():
    guard = Guard(enabled=True, answers_per_second=0)
    assert guard.allows_several(("192.0.2.1", 40000), 1000, 1)
    assert not guard.allows_several(("192.0.2.1", 40000), 2, 1)


def test_what_is_remembered_of_ports_is_bounded():
    guard = Guard(enabled=True, answers_per_second=1)
    for number in range(200_000):
        guard.allows_several((str(number), 40000), 2, 1)
    assert len(guard._several) <= 65_536


def test_switched_off_it_bounds_no_breadth():
    guard = Guard(enabled=False, answers_per_second=0)
    assert all(guard.allows_several(("192.0.2.1", 40000), 64, 1) for _ in range(100))
