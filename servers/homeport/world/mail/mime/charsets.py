"""Decoding of text by charset labels as senders use them: the table of the WHATWG Encoding Standard.

A label in mail is often the name of a subset of what was really used: `gb2312` of GBK, `iso-8859-1` of windows-1252,
`ks_c_5601-1987` of windows-949, `shift_jis` of windows-31j. Browsers and mail programs decode the superset, and so does
this module. Python's codecs take labels literally and lack some characters of the vendors, so a few encodings have
alternatives here, and the Japanese ones go through windows-31j. The package `webencodings` has the same table, but no
release since 2017, and leaves the decoding to Python's codecs.
"""

import codecs
import re
from functools import cache, lru_cache

LABELS = {
    "utf_8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
    "cp866": "866 cp866 csibm866 ibm866",
    "iso8859_2": "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
    "iso8859_3": "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3",
    "iso8859_4": "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4",
    "iso8859_5": "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988",
    "iso8859_6": "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e "
    "iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987",
    "iso8859_7": "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7 "
    "iso_8859-7:1987 sun_eu_greek",
    "iso8859_8": "csiso88598e csiso88598i csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-8859-8-i iso-ir-138 "
    "iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 logical visual",
    "iso8859_10": "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6",
    "iso8859_13": "iso-8859-13 iso8859-13 iso885913",
    "iso8859_14": "iso-8859-14 iso8859-14 iso885914",
    "iso8859_15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9",
    "iso8859_16": "iso-8859-16",
    "koi8_r": "cskoi8r koi koi8 koi8-r koi8_r",
    "koi8_u": "koi8-ru koi8-u",
    "mac_roman": "csmacintosh mac macintosh x-mac-roman",
    "cp874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874",
    "cp1250": "cp1250 windows-1250 x-cp1250",
    "cp1251": "cp1251 windows-1251 x-cp1251",
    "cp1252": "ansi_x3.4-1968 cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 "
    "iso_8859-1:1987 l1 latin1 windows-1252 x-cp1252",
    "cp1253": "cp1253 windows-1253 x-cp1253",
    "cp1254": "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 "
    "windows-1254 x-cp1254",
    "cp1255": "cp1255 windows-1255 x-cp1255",
    "cp1256": "cp1256 windows-1256 x-cp1256",
    "cp1257": "cp1257 windows-1257 x-cp1257",
    "cp1258": "cp1258 windows-1258 x-cp1258",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gb18030": "chinese csgb2312 csiso58gb231280 gb18030 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk cp936 ms936 "
    "windows-936 euc-cn",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5 cp950 ms950 windows-950",
    "euc_jp": "cseucpkdfmtjapanese euc-jp x-euc-jp",
    "iso2022_jp": "csiso2022jp iso-2022-jp iso-2022-jp-ms cp50220 cp50221",
    "cp932": "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis cp932",
    "cp949": "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 "
    "windows-949 cp949 uhc ms949",
    "utf_16_be": "unicodefffe utf-16be",
    "utf_16_le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
    # Not in WHATWG's table, or refused there for the sake of browsers.
    "ascii": "us-ascii ascii iso646-us iso_646.irv:1991 iso-ir-6 us cp367 ibm367 csascii",
    "iso2022_kr": "iso-2022-kr csiso2022kr",
    "hz": "hz-gb-2312",
    "utf_7": "utf-7 unicode-1-1-utf-7",
}
"""Labels by Python's codec."""
CODECS = {label: codec for codec, labels in LABELS.items() for label in labels.split()}
ALTERNATIVES = {
    "big5hkscs": ("big5hkscs", "cp950"),
}
"""Codecs that are tried in turn; the first one decodes with replacements if none fits."""
NOT_CHARSETS = {"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
"""Python's codecs that are no charsets of mail, or that take quadratic time."""
EURO = 0x80
SINGLE_BYTE = re.compile(r"cp(?:1\d{3}|8\d\d)|iso8859_\d+|koi8_[ru]|mac_\w+")
JIS_ESCAPE = re.compile(rb"\x1b(\(B|\(J|\(I|\$@|\$B|\$\(D)")
JIS_SET = {b"(B": "ascii", b"(J": "ascii", b"(I": "kana", b"$@": "kanji", b"$B": "kanji", b"$(D": "further"}
EUC_PIECE = re.compile(
    rb"(?P<ascii>[\x00-\x7f]+)|(?P<kana>(?:\x8e[\xa1-\xdf])+)|(?P<further>(?:\x8f[\xa1-\xfe]{2})+)|"
    rb"(?P<kanji>(?:[\xa1-\xfe]{2})+)|(?P<bad>[\x80-\xff])"
)


def find_codec(label: str) -> str:
    """Return Python's name of the codec for a charset label; empty if the label is unknown."""
    label = label.strip().lower()[:64]
    return CODECS.get(label) or (_codec_of_python(label) if label.isascii() and label.isprintable() else "")


@lru_cache
def _codec_of_python(name: str) -> str:
    """Return the name of a codec of Python that is a charset of text; empty if there is none."""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    if not info._is_text_encoding or info.name.replace("-", "_") in NOT_CHARSETS:  # noqa: SLF001 - no public way
        return ""
    return info.name


def decode_text(data: bytes, label: str) -> str:
    """Decode bytes as text; as UTF-8 if the label is empty or unknown. Invalid bytes are replaced."""
    codec = find_codec(label) or "utf_8"
    if codec.startswith("utf_16") and data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        codec = "utf_16"
    if codec == "utf_8":
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    if SINGLE_BYTE.fullmatch(codec):
        return codecs.charmap_decode(data, "replace", _table(codec))[0]
    if codec == "euc_jp":
        return _decode_euc_jp(data)
    if codec == "iso2022_jp":
        return _decode_iso_2022_jp(data)
    if codec == "ascii":
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return codecs.charmap_decode(data, "replace", _table("cp1252"))[0]
    if codec == "gb18030":
        return data.decode(codec, _euro_or_replacement.__name__)
    return _decode_first(data, ALTERNATIVES.get(codec, (codec,)))


def _euro_or_replacement(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for an invalid byte of GBK: 0x80 is the euro sign of Windows (WHATWG)."""
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101 - it is only given to decoders
    return ("€" if error.object[error.start] == EURO else "\ufffd"), error.start + 1


codecs.register_error(_euro_or_replacement.__name__, _euro_or_replacement)


def is_valid(data: bytes, label: str) -> bool | None:
    """Return True if bytes are text of that charset; None if the label is unknown."""
    if not (codec := find_codec(label)):
        return None
    if codec in ("euc_jp", "iso2022_jp", "gb18030") or SINGLE_BYTE.fullmatch(codec):
        return "\ufffd" not in decode_text(data, label)
    for name in ALTERNATIVES.get(codec, (codec,)):
        try:
            data.decode(name)
        except (UnicodeError, LookupError):
            continue
        return True
    return False


def _decode_first(data: bytes, names: tuple[str, ...]) -> str:
    for name in names:
        try:
            text = data.decode(name)
            break
        except (UnicodeError, LookupError):
            continue
    else:
        text = data.decode(names[0], "replace")
    # UTF-7 and similar charsets can produce lone surrogates, which JSON cannot carry.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


@cache
def _table(codec: str) -> str:
    """Return the characters of a single-byte codec; bytes without one are controls in 0x80 to 0x9F (WHATWG)."""
    every = (bytes((byte,)).decode(codec, "replace") for byte in range(256))
    return "".join(chr(byte) if c == "\ufffd" and 0x80 <= byte < 0xA0 else c for byte, c in enumerate(every))


def _decode_kanji(pairs: bytes) -> str:
    """Decode pairs of JIS X 0208, with the vendors' rows, by way of windows-31j. pairs: bytes from 0x21 to 0x7E."""
    shifted = bytearray()
    for row, cell in zip(pairs[::2], pairs[1::2], strict=False):
        lead = ((row - 0x21) >> 1) + 0x81
        trail = cell + 0x7E if row % 2 == 0 else cell + 0x1F + (cell > 0x5F)
        shifted += bytes((lead + 0x40 if lead > 0x9F else lead, trail))
    return shifted.decode("cp932", "replace") + "\ufffd" * (len(pairs) % 2)


def _decode_euc_jp(data: bytes) -> str:
    pieces = []
    for match in EUC_PIECE.finditer(data):
        kind, piece = match.lastgroup, match[0]
        if kind == "ascii":
            pieces.append(piece.decode())
        elif kind == "kana":
            pieces.append(piece[1::2].decode("cp932", "replace"))
        elif kind == "kanji":
            pieces.append(_decode_kanji(bytes(byte & 0x7F for byte in piece)))
        else:
            pieces.append(piece.decode("euc_jp", "replace"))
    return "".join(pieces)


def _decode_iso_2022_jp(data: bytes) -> str:
    pieces, current, at = [], "ascii", 0
    for match in [*JIS_ESCAPE.finditer(data), None]:
        run = data[at : match.start() if match else len(data)]
        if current == "ascii":
            pieces.append(run.decode("ascii", "replace"))
        elif current == "kana":
            pieces.append(bytes(byte | 0x80 for byte in run).decode("cp932", "replace"))
        elif current == "further":
            pieces.append(b"".join(b"\x8f%c%c" % pair for pair in _pairs(run)).decode("euc_jp", "replace"))
        else:
            pieces.append(_decode_run(run))
        if match:
            current, at = JIS_SET[match[1]], match.end()
    return "".join(pieces)


def _pairs(run: bytes) -> list[tuple[int, int]]:
    return [(first | 0x80, second | 0x80) for first, second in zip(run[::2], run[1::2], strict=False)]


def _decode_run(run: bytes) -> str:
    """Decode pairs between escapes; line ends are allowed among them, as some senders do not escape back."""
    return "".join(
        _decode_kanji(piece) if 0x21 <= piece[0] <= 0x7E else piece.decode("ascii", "replace")
        for piece in re.findall(rb"[\x21-\x7e]+|[^\x21-\x7e]+", run)
    )
