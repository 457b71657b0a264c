"""Find the passwords in a client's bytes, however wrong and however split: the journal masks them with stars.

People look into the journal when a frame is wrong, so masking must not depend on a frame being right. The scanner does
not parse XML. It looks for anything that begins like a secret: a tag with a name like `pw`, `newPW`, `password` or
`authInfo` (in any case, namespace and encoding with NULs, in comments, escaped as `&lt;pw>`, without its `<` or `>`),
or such a name with `=` or `:`. It then masks until something that plausibly ends the secret, and to the end if nothing
does. Too many stars are harmless; a shown password is not.

    idle ──start tag──► text ──an end tag that belongs there──► idle
    idle ──name=──► value ──quote, line end──► idle            text ──"<!--", CDATA──► opaque ──its end──► text
    idle ──end tag alone, or empty tag──► run: text after it is secret unless it is blank ──"<"──► idle

Within authInfo all text and attributes are secret. Positions are counted in letters, which are bytes without
NULs, so that UTF-16 needs no second set of patterns.
"""

import re
from collections.abc import Iterator

CORE = rb"(?:new|old|user|auth|login)?[-_.]?(?:pw|passw|passphrase|secret)"
AUTH = rb"auth[-_.]?info"
NAME = re.compile(rb"(?:%s|%s)" % (CORE, AUTH), re.IGNORECASE)
HINTS = (b"pw", b"passw", b"passphrase", b"secret", b"auth")
"""Each name of a secret has one of these, in lower case."""
LESS = rb"(?:<|&lt;|&#0*60;|&#x0*3c;)"
PREFIX = rb"(?:[^\s<>&:/=\"']*:)?"
OPEN = re.compile(
    rb"%(less)s\s*(?P<slash>/?)\s*%(prefix)s(?:(?P<secret>%(core)s)|(?P<auth>%(auth)s))"
    rb"|(?P<key>(?<![\w.:-])(?!xmlns)(?:[\w.\x80-\xff-]+:)?(?:%(core)s|%(auth)s)\w*[\"']?\s*[=:])"
    rb"|(?P<bare>(?<![\w.<])%(core)s\w*\s*(?:>|&gt;))"
    % {b"less": LESS, b"prefix": PREFIX, b"core": CORE, b"auth": AUTH},
    re.IGNORECASE,
)
RIGHT = re.compile(rb"<((?:[\w.-]+:)?)(pw|newPW)(?: roid=\"[\w-]*\")?>([^<&]*)</\1\2>")
EMPTY_AUTHINFO = re.compile(rb"<((?:[\w.-]+:)?)authInfo>\s*</\1authInfo>")
AROUND = (
    rb"clid|options|version|lang|svcs|objuri|login|command|cltrid|epp|create|update|info|transfer|chg|extension|name|id"
    rb"|email|registrant|period|authinfo"
)
"""Elements around a secret, or beside it: their end tags end it, too."""
STOP = re.compile(
    rb"(?P<opaque><!--|<!\[CDATA\[)|(?P<xml><\?xml)|%s\s*/\s*%s(?:(?P<secret>%s)|(?P<around>(?:%s)(?![\w.-])))"
    % (LESS, PREFIX, CORE, AROUND),
    re.IGNORECASE,
)
PARTIAL = re.compile(rb"[<&][^<>]{0,80}\Z")
TAG = re.compile(rb"(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+")
TAG_ENDS = re.compile(rb"&gt;|&#0*62;|&#x0*3e;|[<>]", re.IGNORECASE)
ATTRIBUTE = re.compile(rb"\s+([^\s=\"'<>/]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
HARMLESS = re.compile(rb"roid|op|xmlns(?::.*)?|xml:.*|xsi:.*", re.IGNORECASE)
REST = re.compile(rb"[\w.-]*")
WORD = re.compile(rb"[\w.\x80-\xff-]{3,}")
VISIBLE = re.compile(rb"[^\s>]")
CLOSERS = {b"<!--": b"-->", b"<![CDATA[": b"]]>"}
VALUE_ENDS = {b'"': re.compile(rb'"|</|<\?'), b"'": re.compile(rb"'|</|<\?"), b"": re.compile(rb"[\r\n<>]")}
AROUND_NAMES = b" \t\r\n<>=\"'/"
BEFORE_NAMES = b" \t\r\n</"
MAX_NAME = 64
"""Letters after a hint in which the name and what follows it must end."""
MAX_TAIL = 256
"""Letters kept from one read to the next, in which a name may have begun."""
MAX_FEW_NULS = 12
"""NULs whose places are kept as a list: those of frames' lengths; with more, the text is UTF-16."""
MAX_TAG_BYTES = 1024
"""Letters after which an unfinished tag is taken to be secret as a whole."""


class Scanner:
    """Finds secrets in the bytes of one client."""

    __slots__ = ("_closer", "_held", "_in_authinfo", "_lower", "_quote", "_spans", "_state", "_tail", "_visible")

    def __init__(self) -> None:
        self._state = "idle"
        self._in_authinfo = False
        self._closer = b""  # end of the comment or CDATA section
        self._quote: bytes | None = None  # around the value; None: not seen yet
        self._visible = False  # the run has begun to be secret
        self._tail = b""  # bytes that can be decided only with more
        self._lower = b""  # the letters in lower case
        self._held = 0  # letters from here on are the next tail
        self._spans: list[tuple[int, int]] = []

    def feed(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Yield the size of each secret, or part of one, found so far, and the number of bytes received after it."""
        text = self._tail + data if self._tail else data
        letters = text.replace(b"\0", b"")
        if self._state == "idle" and not self._in_authinfo:
            lower = letters.lower()
            if not _has_hint(lower):
                self._tail = text[-MAX_TAIL:]
                return
            right = list(RIGHT.finditer(letters))
            if right and not _has_hint(EMPTY_AUTHINFO.sub(b"", RIGHT.sub(b"", letters)).lower()):
                # Fast path: all that is like a secret is right.
                raw = RawIndexes(text)
                done = max(right[-1].end(), letters.rfind(b"authInfo>") + len(b"authInfo>"))
                self._tail = text[max(raw(done - 1) + 1, len(text) - MAX_TAIL) :]
                for found in right:
                    if found[3]:
                        last = raw(found.end(3) - 1) + 1
                        yield last - raw(found.start(3)), len(text) - last
                return
        self._spans = []
        self._held = self._scan(letters)
        raw = RawIndexes(text)
        self._tail = text[raw(self._held) :] if self._held < len(letters) else b""
        for begin, end in self._spans:
            last = raw(end - 1) + 1
            yield last - raw(begin), len(text) - last

    def finish(self) -> Iterator[tuple[int, int]]:
        """Yield what is still undecided at the end of the input and may be secret, as `feed` does."""
        size = self.undecided
        self._tail = b""
        if size:
            yield size, 0

    @property
    def undecided(self) -> int:
        """Number of the last bytes that may turn out to be secret."""
        tail = self._tail
        if self._state != "idle" or self._in_authinfo:
            return len(tail)
        opened = OPEN.search(tail.replace(b"\0", b""))
        return 0 if opened is None else len(tail) - RawIndexes(tail)(opened.end() - 1) - 1

    def _scan(self, letters: bytes) -> int:
        """Find the spans of secrets. Returns: the index from which letters must be seen again."""
        at, size = 0, len(letters)
        self._lower = letters.lower()
        while at < size:
            state = self._state
            if state == "idle":
                step = self._authinfo(letters, at) if self._in_authinfo else self._idle(letters, at)
            elif state == "text":
                step = self._text(letters, at)
            elif state == "opaque":
                step = self._opaque(letters, at)
            elif state == "run":
                step = self._run(letters, at)
            else:
                step = self._value(letters, at)
            if step < 0:
                return -1 - step
            at = step
        return at

    # Each of these returns the index to go on from; or -1 - i to wait for more, with letters from i on.

    def _conceal(self, begin: int, end: int) -> None:
        if begin < end:
            self._spans.append((begin, end))

    def _idle(self, letters: bytes, at: int) -> int:
        opened = _opened(letters, self._lower, at)
        if opened is None:
            return -1 - max(at, len(letters) - MAX_TAIL)
        if opened["key"] is not None:
            self._state, self._quote = "value", None
            return opened.end()
        if opened["bare"] is not None:
            self._state = "text"
            return opened.end()
        if opened["slash"]:
            # An end tag without a start tag, which was misspelt: the text before is secret, and perhaps that after it.
            ends = TAG_ENDS.search(letters, opened.end())
            if ends is None:
                return -1 - max(at, opened.start() - MAX_TAIL)
            begin = max(at, letters.rfind(b">", at, opened.start()) + 1, letters.rfind(b"<", at, opened.start()) + 1)
            if VISIBLE.search(letters, begin, opened.start()):
                self._conceal(begin, opened.start())
            self._state, self._visible = "run", False
            return ends.start() if ends[0] == b"<" else ends.end()
        return self._tag(letters, opened.start(), opened.end(), authinfo=opened["auth"] is not None)

    def _tag(self, letters: bytes, begin: int, name_end: int, *, authinfo: bool = False, other: bool = False) -> int:
        """Read a start tag. other: it is no secret's, but within authInfo."""
        end, broken = _end_of_tag(letters, begin, name_end)
        if end < 0 and len(letters) - begin <= MAX_TAG_BYTES:
            return -1 - begin
        if end < 0 or broken:
            end = len(letters) if end < 0 else end
            self._conceal(name_end, end)
            self._state = "text"
            return end
        closer = TAG_ENDS.match(letters, end)
        assert closer is not None  # noqa: S101 - `end` is where it was found
        inner = letters[name_end:end]
        empty = inner.endswith(b"/")
        self._attributes(inner, name_end, len(inner) - empty)
        if authinfo:
            self._in_authinfo = not empty
        elif not other:
            self._state, self._visible = ("run", False) if empty else ("text", False)
        return closer.end()

    def _attributes(self, inner: bytes, offset: int, end: int) -> None:
        at = REST.match(inner).end()  # type: ignore[union-attr]  # it matches nothing, too
        while (found := ATTRIBUTE.match(inner, at, end)) is not None:
            group = 2 if found[2] is not None else 3
            if HARMLESS.fullmatch(found[1]) is None:
                self._conceal(offset + found.start(group), offset + found.end(group))
            at = found.end()
        if inner[at:end].strip():
            self._conceal(offset + at, offset + end)

    def _text(self, letters: bytes, at: int) -> int:
        stop = STOP.search(letters, at)
        if stop is None:
            partial = PARTIAL.search(letters, at)
            held = len(letters) if partial is None else partial.start()
            self._conceal(at, held)
            return -1 - held
        self._conceal(at, stop.start())
        if stop["opaque"] is not None:
            self._state, self._closer = "opaque", CLOSERS[stop["opaque"].upper()]
            return stop.start()
        if stop["xml"] is not None:
            self._state, self._in_authinfo = "idle", False
            return stop.end()
        ends = TAG_ENDS.search(letters, stop.end())
        if ends is None:
            return -1 - stop.start()
        self._state = "idle"
        if stop["around"] is not None:
            self._in_authinfo = False
            return stop.end()
        return ends.start() if ends[0] == b"<" else ends.end()

    def _opaque(self, letters: bytes, at: int) -> int:
        closed = letters.find(self._closer, at)
        if closed < 0:
            held = max(at, len(letters) - len(self._closer) + 1)
            self._conceal(at, held)
            return -1 - held
        self._state = "idle" if self._in_authinfo else "text"
        self._conceal(at, closed + len(self._closer))
        return closed + len(self._closer)

    def _run(self, letters: bytes, at: int) -> int:
        found = letters.find(b"<", at)
        end = len(letters) if found < 0 else found
        begin = at
        if not self._visible and (visible := VISIBLE.search(letters, at, end)) is not None:
            begin, self._visible = visible.start(), True
        if self._visible:
            self._conceal(begin, end)
        if found >= 0:
            self._state, self._visible = "idle", False
        return end

    def _authinfo(self, letters: bytes, at: int) -> int:
        """Conceal text and attributes within authInfo, up to its end tag."""
        end = self._run(letters, at)
        if end == len(letters):
            return end
        rest = len(letters) - end
        opaque = next((one for one in CLOSERS if letters[end : end + len(one)] == one), None)
        if opaque is not None:
            self._state, self._closer = "opaque", CLOSERS[opaque]
            return end
        if TAG_ENDS.search(letters, end + 1) is None and rest <= MAX_TAG_BYTES:
            return -1 - end
        stop = STOP.match(letters, end)
        if stop is not None and stop["secret"] is None:
            self._in_authinfo = False
            return stop.end()
        opened = OPEN.match(letters, end)
        if opened is not None and opened["key"] is None and not opened["slash"]:
            return self._tag(letters, end, opened.end(), authinfo=opened["auth"] is not None)
        closes = letters[end + 1 : end + 2] == b"/"
        name = end + 1 if not closes else end + 2
        while name < len(letters) and not letters[name : name + 1].isspace() and letters[name] not in b"/<>":
            name += 1
        return self._tag(letters, end, name, other=True)

    def _value(self, letters: bytes, at: int) -> int:
        if self._quote is None:
            while at < len(letters) and letters[at : at + 1] in (b" ", b"\t"):
                at += 1
            if at == len(letters):
                return at
            quoted = letters[at : at + 1] in (b'"', b"'")
            self._quote = letters[at : at + 1] if quoted else b""
            at += quoted
        ends = VALUE_ENDS[self._quote].search(letters, at)
        if ends is None:
            held = len(letters) - (self._quote != b"" and letters.endswith(b"<"))
            self._conceal(at, held)
            return -1 - held
        self._conceal(at, ends.start())
        self._state = "idle"
        return ends.end() if ends[0] == self._quote else ends.start()


def _has_hint(lower: bytes) -> bool:
    return b"pw" in lower or b"auth" in lower or b"passw" in lower or b"secret" in lower or b"passphrase" in lower


def _opened(letters: bytes, lower: bytes, at: int) -> re.Match[bytes] | None:
    """Return the first match of OPEN. It is only tried around hints, since searching it everywhere is slow."""
    after = at
    while True:
        hint = min((found for one in HINTS if (found := lower.find(one, after)) >= 0), default=-1)
        if hint < 0:
            return None
        begin = hint
        while begin > at and letters[begin - 1] not in AROUND_NAMES:
            begin -= 1
        while begin > at and letters[begin - 1] in BEFORE_NAMES:
            begin -= 1
        opened = OPEN.search(letters, begin, hint + MAX_NAME)
        if opened is not None and opened.start() <= hint:
            return opened
        after = hint + 1


def _end_of_tag(letters: bytes, begin: int, at: int) -> tuple[int, bool]:
    """Return the index where a start tag ends, -1 if it does not yet; and True if it is broken off by another tag."""
    escaped = letters[begin : begin + 1] != b"<"
    end = at if escaped else TAG.match(letters, at).end()  # type: ignore[union-attr]  # it matches nothing, too
    if not escaped and letters[end : end + 1] == b">":
        return end, False
    found = TAG_ENDS.search(letters, at) if escaped else None
    if found is not None:
        return found.start(), found[0] == b"<"
    end = letters.find(b"<", end)
    return end, end >= 0


class RawIndexes:
    """Function from the index of a letter to that of its byte in a text with NULs."""

    __slots__ = ("_all", "_nuls")

    def __init__(self, text: bytes) -> None:
        self._nuls: list[int] = []
        self._all: list[int] | None = None
        count = text.count(0)
        if count > MAX_FEW_NULS:
            self._all = [*(at for at, byte in enumerate(text) if byte), len(text)]
            return
        at = -1
        for _ in range(count):
            at = text.find(0, at + 1)
            self._nuls.append(at)

    def __call__(self, letter: int) -> int:
        if self._all is not None:
            return self._all[letter]
        for nul in self._nuls:
            if nul > letter:
                break
            letter += 1
        return letter


def mask(data: bytes, stars: bytes = b"***") -> bytes:
    """Return the bytes with each secret replaced by stars."""
    scanner, at = Scanner(), 0
    out: list[bytes] = []
    for size, after in (*scanner.feed(data), *scanner.finish()):
        begin = len(data) - after - size
        if begin > at or not out:
            out += [data[at:begin], stars]
        at = max(at, begin + size)
    return b"".join((*out, data[at:]))


def hide(message: str, data: bytes) -> str:
    """Return what a parser says of a document, without the words that are in the document's secrets."""
    words = set[bytes]()
    scanner = Scanner()
    for size, after in (*scanner.feed(data), *scanner.finish()):
        secret = data[len(data) - after - size : len(data) - after]
        words.update(WORD.findall(secret.replace(b"\0", b"")))
    for word in sorted(words, key=len, reverse=True):
        message = message.replace(word.decode("utf-8", "replace"), "***")
    return message


def is_secret_name(local: str) -> bool:
    """True if an element or attribute of that local name may hold a secret; authInfo, too."""
    return NAME.match(local.encode()) is not None


def is_authinfo(local: str) -> bool:
    """True for authInfo, which holds a password's element."""
    return re.match(AUTH, local.encode(), re.IGNORECASE) is not None


def is_harmless_attribute(name: str | bytes) -> bool:
    """True if an attribute of a secret's element is shown; name: with its prefix."""
    return HARMLESS.fullmatch(name if isinstance(name, bytes) else name.encode()) is not None
