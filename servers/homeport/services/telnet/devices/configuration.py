"""The configuration of a network device: lines, and sections of lines, that sessions change and show."""

from collections.abc import Iterator, Sequence

MAX_LINES = 2000
"""Lines of a configuration; more are refused."""
MAX_LINE = 200
SECTIONS = {
    "interface": "config-if",
    "line": "config-line",
    "router": "config-router",
    "vlan": "config-vlan",
    "ip access-list": "config-nacl",
    "class-map": "config-cmap",
    "policy-map": "config-pmap",
    "route-map": "config-route-map",
}
"""Beginnings of the lines that open a section, with its mode."""
GLOBAL_WORDS = (
    *("aaa", "access-list", "alias", "arp", "banner", "clock", "crypto", "enable", "errdisable", "hostname", "ip"),
    *("ipv6", "key", "lldp", "logging", "mac", "ntp", "privilege", "radius", "radius-server", "service"),
    *("snmp-server", "spanning-tree", "tacacs", "tacacs-server", "username", "vtp"),
)
SECTION_WORDS = (
    *("access-class", "bandwidth", "channel-group", "class", "cost", "default-information", "deny", "description"),
    *("duplex", "encapsulation", "exec-timeout", "ip", "ipv6", "keepalive", "load-interval", "login", "match", "media"),
    *("mtu", "name", "neighbor", "network", "passive-interface", "password", "permit", "redistribute", "remark"),
    *("router-id", "service-policy", "set", "shutdown", "spanning-tree", "speed", "state", "storm-control"),
    *("switchport", "timers", "transport", "version"),
)
INTERFACES = (
    *("GigabitEthernet", "TenGigabitEthernet", "FastEthernet", "Ethernet", "Loopback", "Port-channel", "Serial"),
    *("Tunnel", "Vlan"),
)
SINGLE = (
    "hostname",
    "description",
    "name",
    "ip address",
    "speed",
    "duplex",
    "mtu",
    "exec-timeout",
    "switchport mode",
    "switchport access vlan",
    "bandwidth",
)
"""Beginnings of lines that a later one replaces."""
Key = tuple[str, ...]


class InvalidLine(Exception):
    """A line that the configuration does not have; the message is for the user."""


class Configuration:
    """A configuration: lines by section; `""` is the global one. Order is that of their appearance."""

    def __init__(self, text: str) -> None:
        self._sections: dict[str, dict[str, None]] = {"": {}}
        section = ""
        for line in text.splitlines():
            section = section if line.startswith(" ") else ""
            if not section and section_mode(line):
                section = line
                self._sections.setdefault(line, {})
            elif line.strip():
                self._sections[section][line.strip()] = None

    def __len__(self) -> int:
        return sum(len(lines) + 1 for lines in self._sections.values())

    @property
    def host(self) -> str:
        """The configured host name."""
        return next((line.split()[1] for line in self._sections[""] if line.startswith("hostname ")), "")

    def lines(self) -> Iterator[str]:
        """Yield the configuration as it is shown; it may change meanwhile."""
        yield from list(self._sections[""])
        for header, lines in list(self._sections.items()):
            if header:
                yield "!"
                yield header
                yield from (f" {line}" for line in list(lines))
        yield "!"
        yield "end"

    def text(self) -> str:
        """Return the configuration as text."""
        return "\n".join(line for line in self.lines() if line not in ("!", "end"))

    def section(self, header: str) -> Sequence[str]:
        """Return the lines of a section."""
        return list(self._sections.get(header, ()))

    def headers(self, word: str) -> list[str]:
        """Return the headers of the sections that begin with a word."""
        return [header for header in self._sections if header.startswith(word + " ")]

    def enter(self, line: str) -> str:
        """Open the section of a line, made if it is new. Returns: its header. Raises: InvalidLine."""
        header = spell_header(line)
        if header not in self._sections:
            self._require_room(header)
            self._sections[header] = {}
        return header

    def apply(self, section: str, line: str) -> None:
        """Add a line to a section, or remove it (`no ...`). Raises: InvalidLine if no section has such a line."""
        words = line.split()
        negated = words[0].lower() == "no"
        words = words[negated:]
        known = SECTION_WORDS if section else GLOBAL_WORDS
        words[:1] = [spell_word(word, known) for word in words[:1]]
        positive = line = " ".join(words)
        if not words or words[0] not in known:
            if negated and not section and section_mode(positive):
                self._sections.pop(spell_header(positive), None)
                return
            raise InvalidLine("% Invalid input detected at '^' marker.")
        if words[0] == "hostname" and not (negated or (len(words) == 2 and words[1].isascii() and len(words[1]) <= 63)):
            raise InvalidLine("% A host name is one word of at most 63 characters.")
        lines = self._sections.get(section)
        if lines is None:  # another session has removed it
            raise InvalidLine("% This section was removed.")
        if negated:
            for one in [one for one in lines if one == positive or one.startswith(positive + " ")]:
                del lines[one]
            return
        self._require_room(line)
        single = next((one for one in SINGLE if line.startswith(one + " ")), "")
        for one in [one for one in lines if single and one.startswith(single + " ")]:
            del lines[one]
        lines[line] = None

    def _require_room(self, line: str) -> None:
        if len(self) >= MAX_LINES or len(line) > MAX_LINE:
            raise InvalidLine("% The configuration is full.")


def spell_word(word: str, known: Sequence[str]) -> str:
    """Return the known word that an abbreviation means; the word itself if none does, or several do."""
    folded = word.lower()
    if folded in known:
        return folded
    found = [one for one in known if one.startswith(folded)]
    return found[0] if len(found) == 1 else word


def section_mode(line: str) -> str:
    """Return the mode of the section that a line opens; empty if it opens none."""
    folded = line.lower()
    return next((mode for word, mode in SECTIONS.items() if folded.startswith(word + " ")), "")


def spell_header(line: str) -> str:
    """Return the header of a section as it is shown: `int gi0/1` is `interface GigabitEthernet0/1`."""
    words = " ".join(line.split()).split(" ")
    if words[0].lower() != "interface":
        return " ".join(words)
    return f"interface {spell_interface(''.join(words[1:]))}"


def spell_interface(name: str) -> str:
    """Return the full name of an interface: `gi0/1` is `GigabitEthernet0/1`."""
    kind = name.rstrip("0123456789/.:")
    full = next((one for one in INTERFACES if kind and one.lower().startswith(kind.lower())), kind)
    return full + name[len(kind) :]
