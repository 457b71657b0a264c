"""The login: name, password, presence, and what ends it."""

from tests.services.telnet.keyboard import Keyboard


def terminals(world, login):
    return [one.terminal for one in world.presence.of(login)]


def test_a_person_logs_in_and_is_present_until_the_connection_ends(world):
    user = Keyboard(world)
    assert user.written.endswith("login: ")
    assert user.type("alice").endswith("Password: ")
    assert not user.echo
    assert user.type("alice-pass").endswith("$ ")
    assert user.echo
    assert user.concealed == 1
    assert not user.secret_expected
    assert terminals(world, "alice") == ["tty1", "pts/1"]
    assert ("login", {"login": "alice", "mechanism": "PASSWORD", "code": "ok"}) in user.logs
    user.type("exit")
    assert user.is_closed
    user.hang_up()
    assert terminals(world, "alice") == ["tty1"]


def test_three_wrong_passwords_end_the_connection(world):
    user = Keyboard(world)
    assert "Login incorrect" in user.type("alice", "wrong", "nobody", "x")
    assert not user.is_closed
    assert user.type("alice", "").endswith("Too many wrong passwords.\n")
    assert user.is_closed
    assert [fields["code"] for kind, fields in user.logs if kind == "login"] == ["failed"] * 3
    assert terminals(world, "alice") == ["tty1"]


def test_a_login_has_a_time_limit_that_ends_with_it(world):
    slow = Keyboard(world, login_time=30)
    assert slow.timers["limit"] == 30
    assert "timed out after 30 seconds" in slow.fire("limit")
    assert slow.is_closed
    assert not Keyboard(world).log_in().timers


def test_a_name_from_the_environment_is_not_asked_for_again(world):
    user = Keyboard(world)
    user.environment["USER"] = "bob"
    assert user.after(user.program.environment_changed) == "bob\nPassword: "
    assert "Login incorrect\n\nlogin: " in user.type("wrong")
    user.after(user.program.environment_changed)
    assert user.written.endswith("login: ")


def test_a_name_from_the_environment_comes_too_late_once_something_was_typed(world):
    user = Keyboard(world)
    user.program.typed()
    user.environment["USER"] = "bob"
    assert user.after(user.program.environment_changed) == ""


def test_each_terminal_has_the_lowest_free_number_and_keeps_those_that_are_configured(world):
    users = [Keyboard(world, conn=f"c{number}").log_in("carol") for number in range(5)]
    assert terminals(world, "carol") == [f"pts/{number}" for number in range(1, 6)]  # bob is on pts/0
    users[1].hang_up()
    users[3].hang_up()
    Keyboard(world, conn="c9").log_in("dave")
    assert terminals(world, "dave") == ["pts/2"]


def test_ten_thousand_sessions_have_ten_thousand_terminals(world):
    from homeport.services.telnet.lines import TerminalLines

    lines = TerminalLines.of(world)
    opened = [lines.open("alice") for _ in range(10_000)]
    assert len({line.name for line in opened}) == 10_000
    for line in opened:
        lines.close(line)
    assert len(lines) == 0
    assert lines.open("alice").name == "pts/1"


def test_idle_time_begins_again_when_something_is_typed(world):
    user = Keyboard(world).log_in()
    world.clock.advance(300)
    before = world.presence.of("alice")[-1].active
    user.type("date")
    assert world.presence.of("alice")[-1].active == before + 300


def test_a_name_may_ask_for_a_fault_where_clients_may(world):
    world.faults.by_client = True
    user = Keyboard(world)
    user.type("alice+hang", "alice-pass")
    assert user.asked == "hang"
    assert user.written.endswith("$ ")


def test_the_end_of_input_ends_a_login(world):
    user = Keyboard(world)
    user.after(user.program.end_of_input)
    assert user.is_closed
