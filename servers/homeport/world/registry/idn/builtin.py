"""The tables that are built in: samples of our own, small enough to read, with variants of each usual kind."""

from collections.abc import Iterable

from homeport.world.registry.idn.table import Action, Character, Mapped, Table

DIGITS = "0123456789-"
LETTERS = "abcdefghijklmnopqrstuvwxyz"

LATIN = "ßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįıĵķĸĺļľłńņňŋōŏőœŕŗřśŝşšţťŧũūŭůűųŵŷźżžșț"
GREEK = "ΐάέήίΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώ"
CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяѐёђѓєѕіїјљњћќѝўџґ"

TRADITIONAL = (
    "爱愛 宝寶 备備 边邊 变變 标標 宾賓 补補 财財 车車 长長 东東 鸟鳥 鱼魚 电電 会會 国國 体體 学學 书書 门門 龙龍 马馬"
    " 时時 来來 见見 话話 语語 湾灣 网網 络絡 线線 红紅 飞飛 风風 云雲 发發 广廣 华華 万萬 乐樂 买買 卖賣"
    " 灯燈 号號 岛島 银銀 铁鐵 钟鐘 问問 间間 阳陽 阴陰 陆陸 顺順 页頁 题題 颜顏 饭飯 馆館 黄黃 点點 龟龜 汉漢"
)
"""Simplified characters, each with its traditional form."""

WITH_MARKS = ("αά", "εέ", "ηή", "ιίϊΐ", "οό", "υύϋΰ", "ωώ")
"""Greek vowels, each with its forms with tonos or dialytika."""


def _table(name: str, language: str, characters: Iterable[str], sets: Iterable[tuple[str, str, str]]) -> Table:
    """Return a table with variants. sets: two variants of each other, and the type of both mappings."""
    repertoire: dict[str, dict[str, Mapped]] = {one: {} for one in (*DIGITS, *characters)}
    for one, other, type_name in sets:
        for each in (one, other):
            repertoire.setdefault(each, {})
        repertoire[one][other] = repertoire[other][one] = Mapped(type=type_name)
    longest = max(map(len, repertoire))
    plain = Character()
    found = {one: Character(variants=mapped) if mapped else plain for one, mapped in repertoire.items()}
    return Table(name=name, language=language, repertoire=found, longest=longest)


def latin() -> Table:
    """Return Latin: ß and ss may be allocated together; the dotless i is blocked by i."""
    return _table("latin", "und-Latn", LETTERS + LATIN, (("ß", "ss", "allocatable"), ("ı", "i", "blocked")))


def greek() -> Table:
    """Return Greek: a final sigma may be allocated with the other; vowels with and without marks block each other."""
    sets = [("σ", "ς", "allocatable")]
    for group in WITH_MARKS:
        sets += [(one, other, "blocked") for at, one in enumerate(group) for other in group[at + 1 :]]
    return _table("greek", "und-Grek", GREEK, sets)


def cyrillic() -> Table:
    """Return Cyrillic: io may be allocated with ie; ie and i with a grave block those without."""
    sets = (("е", "ё", "allocatable"), ("е", "ѐ", "blocked"), ("ё", "ѐ", "blocked"), ("и", "ѝ", "blocked"))
    return _table("cyrillic", "und-Cyrl", CYRILLIC, sets)


def han() -> Table:
    """Return Han: the 3755 characters of GB 2312's first level, and the traditional forms of some.

    A variant of simplified characters alone, or of traditional ones alone, may be allocated; a mixed one is blocked.
    """
    codes = b"".join(bytes((high, low)) for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFF))
    codes += b"".join(bytes((0xD7, low)) for low in range(0xA1, 0xFA))  # the level ends within a row
    characters = codes.decode("gb2312")
    repertoire = dict.fromkeys((*DIGITS, *LETTERS, *characters), Character())
    for simple, full in map(tuple, TRADITIONAL.split()):
        repertoire[simple] = Character(variants={simple: Mapped(type="r-simplified"), full: Mapped(type="traditional")})
        repertoire[full] = Character(variants={full: Mapped(type="r-traditional"), simple: Mapped(type="simplified")})
    actions = (
        Action(disposition="allocatable", condition="all", types=frozenset(("simplified", "r-simplified"))),
        Action(disposition="allocatable", condition="all", types=frozenset(("traditional", "r-traditional"))),
        Action(disposition="blocked", condition="any", types=frozenset(("simplified", "traditional"))),
    )
    return Table(name="han", language="und-Hani", repertoire=repertoire, actions=actions)


MADE = {"latin": latin, "greek": greek, "cyrillic": cyrillic, "han": han}
