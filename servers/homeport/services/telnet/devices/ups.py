"""An uninterruptible power supply with menus: numbers choose, Return shows the menu again, ESC goes back."""

from collections.abc import Sequence

from homeport.services.telnet.devices.device import Device
from homeport.services.telnet.script import InputEnded, Interrupted, Line, OutputAborted, Script, Steps, pause
from homeport.services.telnet.shell.moments import date
from homeport.visible import visible_line

OUTLETS = 4
ESCAPE = "\x1b"
MAIN = ("Status", "Outlets", "Events", "About", "Log out")
MAX_EVENTS = 50


class UpsState:
    """State that the sessions of a power supply share."""

    def __init__(self) -> None:
        self.outlets = [True] * OUTLETS
        self.events: list[str] = []

    def switch(self, outlet: int, *, on: bool, when: str) -> None:
        """Switch an outlet, numbered from 1."""
        self.outlets[outlet - 1] = on
        self.events = [*self.events, f"{when}  outlet {outlet} switched {'on' if on else 'off'}"][-MAX_EVENTS:]


class UpsSession:
    """One session of a power supply."""

    def __init__(self, script: Script, device: Device) -> None:
        self.script = script
        self.device = device
        self.world = script.terminal.context.world
        self.state: UpsState = self.world.of_service(f"telnet device {device.name}", UpsState)

    def run(self) -> Steps:
        """Show the main menu until the user logs out."""
        views = (self._show_status, self._switch_outlets, self._show_events, self._show_about)
        while True:
            choice = yield from self._choose(f"{self.device.host} - main menu", MAIN)
            if choice == len(MAIN):
                self.script.write("Logged out.\n")
                return
            if choice:
                yield from views[choice - 1]()

    def _choose(self, title: str, items: Sequence[str]) -> Steps:
        """Show a menu. Returns: the number that the user has chosen; 0 for ESC.

        Raises: InputEnded.
        """
        rows = "".join(f"  {number}- {item}\n" for number, item in enumerate(items, 1))
        while True:
            self.script.write(f"\n------- {visible_line(title)} -------\n{rows}  <ESC>- Back, <ENTER>- Refresh\n")
            line = yield from self._read("> ")
            if line.isascii() and line.isdigit() and 1 <= int(line[:4]) <= len(items):
                return int(line[:4])
            if line == ESCAPE:
                return 0
            if line:
                self.script.write("No such choice.\n")

    def _read(self, prompt: str) -> Steps:
        """Read a line. Returns: it, without spaces around it."""
        try:
            line: str = (yield Line(prompt)).strip()
        except (Interrupted, OutputAborted):
            self.script.write("\n")
            return ESCAPE
        if self.device.delay:
            yield pause(self.device.delay)
        return line

    def _show_status(self) -> Steps:
        load = 10 * sum(self.state.outlets)
        self.script.write(
            f"Model            Homeport UPS 1500\nState            On line\nBattery          100 %\n"
            f"Load             {load} %\nRuntime          {90 - load} min\nInput            230.0 V, 50.0 Hz\n"
            f"Time             {date(self.world.clock.now())}\n"
        )
        yield from self._wait()

    def _show_events(self) -> Steps:
        self.script.write("".join(f"{one}\n" for one in self.state.events) or "No events.\n")
        yield from self._wait()

    def _show_about(self) -> Steps:
        self.script.write("Homeport UPS, serial number HP0123456789\n")
        yield from self._wait()

    def _wait(self) -> Steps:
        yield from self._read("Press <ENTER> to continue...")

    def _switch_outlets(self) -> Steps:
        items = [f"Outlet {number}: {'On' if on else 'Off'}" for number, on in enumerate(self.state.outlets, 1)]
        outlet = yield from self._choose("outlets", items)
        if not outlet:
            return
        wanted = not self.state.outlets[outlet - 1]
        answer = yield from self._read(f"Switch outlet {outlet} {'on' if wanted else 'off'}: enter YES to continue: ")
        if answer != "YES":
            self.script.write("Nothing was changed.\n")
            return
        self.state.switch(outlet, on=wanted, when=date(self.world.clock.now()))
        self.script.write("Command successful.\n")


def play(script: Script, device: Device) -> Steps:
    """Run a session of a power supply, after the login."""
    try:
        yield from UpsSession(script, device).run()
    except InputEnded:
        return
