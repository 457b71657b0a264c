"""The server's state in one world: what follows from its options, and what is remembered of clients."""

from homeport.config.peers import PeerSet
from homeport.protocol.session import Context
from homeport.services.ntp.habits import Client, Clients
from homeport.services.ntp.keys import Key, keyring
from homeport.services.ntp.options import NtpOptions, reference_octets
from homeport.services.ntp.packet import CLIENT, ERA_SECONDS, MAX_VERSION, MIN_VERSION, SERVER, UNSYNCHRONISED, Header
from homeport.world.world import World

LEAPS = {"none": 0, "insert": 1, "delete": 2, "unknown": UNSYNCHRONISED}
"""Values of the leap indicator by the option's."""
ANNOUNCED = {0: 0, 1: 1, -1: 2}
"""Values of the leap indicator by what the clock announces."""
MAX_EARLIER = 1024
MAX_FAULT_AGES = 256
SHORT = 1 << 16
FIXED_BYTES = 16
"""Octets of the header before the timestamps."""


class Server:
    """The state; `configure` is called before use."""

    def __init__(self) -> None:
        self.options: NtpOptions | None = None
        self.clients = Clients()
        self.earlier: dict[str, bytes] = {}
        """Answers by client, for faults that replay them."""
        self._fault_ages: dict[str, float] = {}
        self.prefixes: dict[bytes, bytes] = {}
        """The octets before the timestamps in answers that nothing else decides, by the request's first and third."""

    def configure(self, options: NtpOptions) -> None:
        """Apply options."""
        self.options = options
        self.keys: dict[int, Key] = keyring(options.key)
        self._deny = PeerSet(options.deny)
        self._restrict = PeerSet(options.restrict)
        self._interval_s = float(options.min_interval)
        self.reference_age = max(int(float(options.reference_age) * ERA_SECONDS), 1)
        """Units of 2**-32 s to which the reference timestamp is rounded down."""
        self.is_open = not (options.deny or options.restrict or self._interval_s)
        """True if no request gets a kiss-o'-death."""
        self._fixed = Header(
            stratum=options.stratum,
            precision=options.precision,
            root_delay=round(float(options.root_delay) * SHORT),
            root_dispersion=round(float(options.root_dispersion) * SHORT),
            reference_id=reference_octets(options.reference_id),
        )
        self.prefixes.clear()

    def fixed_header(self, world: World, version: int, mode: int, poll: int) -> Header:
        """Return the header of an answer, without its timestamps. poll: the request's."""
        options, fixed = self.options, self._fixed
        assert options is not None  # noqa: S101 - it is configured
        leap = options.leap
        return Header(
            leap=ANNOUNCED[world.clock.leap_announced] if leap == "clock" else LEAPS[leap],
            version=version,
            mode=mode,
            stratum=fixed.stratum,
            poll=poll if options.poll < 0 else options.poll,
            precision=fixed.precision,
            root_delay=fixed.root_delay,
            root_dispersion=fixed.root_dispersion,
            reference_id=fixed.reference_id,
        )

    def prefix(self, world: World, data: bytes) -> bytes | None:
        """Return the octets before the timestamps in the answer to a plain request; None if it is none.

        The clock has no leap seconds: nothing changes the octets.
        """
        version, mode = data[0] >> 3 & 7, data[0] & 7
        if mode != CLIENT or not MIN_VERSION <= version <= MAX_VERSION:
            return None
        poll = int.from_bytes(data[2:3], signed=True)
        made = self.fixed_header(world, version, SERVER, poll).serialize()[:FIXED_BYTES]
        self.prefixes[data[:3:2]] = made
        return made

    def kiss(self, host: str, client: Client) -> str:
        """Return the code of the kiss-o'-death that a request gets; empty for none."""
        options = self.options
        if self.is_open or options is None:
            return ""
        if self._deny.covers(host):
            return "DENY"
        if self._restrict.covers(host):
            return "RSTR"
        return "RATE" if self._interval_s and not client.allowed(self._interval_s, options.burst) else ""

    def remember(self, host: str, wire: bytes) -> None:
        """Remember an answer, to be replayed."""
        if len(self.earlier) >= MAX_EARLIER:
            self.earlier.clear()
        self.earlier[host] = wire

    def age_of(self, fault: str, now: float) -> float:
        """Return the seconds since a fault first acted. now: real time."""
        if len(self._fault_ages) >= MAX_FAULT_AGES:
            self._fault_ages.clear()
        return now - self._fault_ages.setdefault(fault, now)


def server_of(context: Context) -> Server:
    """Return the server of a context's world, with the context's options."""
    server = context.world.of_service("ntp.server", Server)
    if server.options is not context.options:
        server.configure(context.options)
    return server
