"""The options of DICT."""

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, field

from homeport.config.quantities import Duration
from homeport.protocol.service import Port, SyntaxOptions
from homeport.world.dictionary import OWN

Capability = Literal["MIME", "AUTH", "SASLAUTH"]
StrategyName = Literal[
    "exact", "prefix", "nprefix", "substring", "suffix", "re", "regexp", "soundex", "lev", "word", "first", "last"
]
STRATEGIES: tuple[StrategyName, ...] = get_args(StrategyName)
BuiltIn = Literal["homeport", "people", "services"]
BUILT_IN: tuple[BuiltIn, ...] = get_args(BuiltIn)


class DatabaseTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[[dict.database]]"""

    name: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", description="its name in commands, such as gcide")
    ]
    title: Annotated[
        str, Meta(max_length=200, description="its title in SHOW DB; empty: that of its file, or the name")
    ] = ""
    path: Annotated[
        str,
        Meta(
            description="files of dictd's format: the path without `.index` and `.dict`; empty: it begins empty, for "
            "definitions of the control API"
        ),
    ] = ""
    info: Annotated[str, Meta(max_length=65536, description="text of SHOW INFO; empty: that of its file")] = ""
    restricted: Annotated[bool, Meta(description="hide it from clients that have not logged in")] = False


class DictOptions(SyntaxOptions, frozen=True, kw_only=True):
    """[dict]"""

    port: Port = 12628
    host_name: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9.-]{1,255}$", description="the server's name in the banner and its msg-id")
    ] = "dict.homeport.test"
    built_in: Annotated[
        list[BuiltIn],
        Meta(
            description="databases that are there by themselves: words of networks, which the control API can change, "
            "and live views of people and services"
        ),
    ] = field(default_factory=lambda: list(BUILT_IN))
    database: Annotated[
        list[DatabaseTable],
        Meta(description="further databases, as [[dict.database]] with name, title, path, info and restricted"),
    ] = field(default_factory=list)
    strategies: Annotated[list[StrategyName], Meta(description="strategies of MATCH on offer (RFC 2229 3.3)")] = field(
        default_factory=lambda: list(STRATEGIES)
    )
    default_strategy: Annotated[
        StrategyName, Meta(description="strategy that `.` stands for (RFC 2229 3.3): the best for spelling")
    ] = "lev"
    without: Annotated[
        list[Capability],
        Meta(description="capabilities that are neither announced nor accepted, to test clients"),
    ] = field(default_factory=list)
    max_matches: Annotated[int, Meta(ge=1, le=1_000_000, description="maximum number of matches of one MATCH")] = 10_000
    max_definitions: Annotated[
        int, Meta(ge=1, le=10_000, description="maximum number of definitions of one DEFINE")
    ] = 500
    max_errors: Annotated[
        int, Meta(ge=1, description="commands in a row with a syntax error, after which a connection is closed")
    ] = 20
    timeout: Annotated[Duration, Meta(description="timeout for the next command, in real time; 0: none")] = Duration(
        600
    )

    @property
    def writable(self) -> tuple[str, ...]:
        """Names of the databases that the control API can change."""
        own = (OWN,) if OWN in self.built_in else ()
        return (*own, *(one.name for one in self.database if not one.path))
