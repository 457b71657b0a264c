"""A farm's certificates: its authority, kept under `--data` or exported for as long as it runs, and what that issues.

Certificates are valid by real time and never by the world's clock, because clients judge them by theirs. What makes
them (`authority`) is imported when a service wants TLS: it costs 40 ms of start-up.
"""

import os
import socket
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.config.certificates import CertificateError, certificate_name
from homeport.config.sections import Config, FarmTlsOptions
from homeport.disk.write_aside import write_aside
from homeport.protocol.addresses import ANYWHERE
from homeport.protocol.faults import TlsFault
from homeport.services import find_service

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

    from homeport.config.certificate_files import Certified
    from homeport.io.tls.authority import Authority
    from homeport.io.tls.contexts import TlsContexts

ALWAYS = ("localhost", "127.0.0.1", "::1")
"""What every server certificate is for."""
WRONG_HOST = "wrong-host.invalid"  # RFC 6761 6.4: resolves nowhere
DAY, YEAR = timedelta(days=1), timedelta(days=365)


def wants_tls(config: Config) -> bool:
    """Whether a service may speak TLS."""
    return any(find_service(name).speaks_tls for name in config.services)


class Certificates:
    """The certificates of a farm.

    hosts: addresses and names that it listens on. data: the folder that `--data` names; None to keep nothing.
    """

    def __init__(self, options: FarmTlsOptions, hosts: Iterable[str] = (), data: Path | None = None) -> None:
        self.options = options
        self.names = server_names(hosts, options.names)
        self.ca_file = ""
        """The authority's certificate (PEM); empty before there is one."""
        self._advised = False
        self._data = data
        self._authority: Authority | None = None
        self._folder: TemporaryDirectory[str] | None = None

    def advise_once(self) -> bool:
        """Return whether the log is yet to say what to do about clients that do not trust the certificate."""
        first, self._advised = not self._advised, True
        return first

    @property
    def authority(self) -> "Authority":
        """The farm's authority, made at first use.

        Raises: CertificateError.
        """
        if self._authority is None:
            self._authority = self._kept() if self._data else self._exported()
            self._export(self._authority.pem())
        return self._authority

    @cached_property
    def contexts(self) -> "TlsContexts":
        """What connections are secured by; OpenSSL is imported here."""
        from homeport.io.tls.contexts import TlsContexts

        return TlsContexts(self)

    def prepare(self) -> None:
        """Have the authority and its file.

        Raises: CertificateError.
        """
        assert self.authority  # noqa: S101 - made by being asked for

    def close(self) -> None:
        """Remove what was exported."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
            self._authority = None
            self.ca_file = ""

    def ca_pem(self) -> bytes:
        """The authority's certificate."""
        return self.authority.pem()

    def issue_client(self, name: str) -> tuple[bytes, bytes]:
        """A new certificate and key (PEM) for a client of that name."""
        issued = self.authority.issue_client(name)
        return issued.certificate_pem(), issued.key_pem()

    def for_server(self, fault: TlsFault | None = None, names: Sequence[str] = ()) -> "Certified":
        """What the server shows: the configured certificate or one of the authority's, or a wrong one.

        names: that the authority's is for; the server's usual ones if there are none. Raises: CertificateError.
        """
        from homeport.io.tls.authority import Authority, Validity, issue_self_signed

        names = names or self.names
        match fault:
            case "expired":
                return self.authority.issue_server(names, Validity.around_now(-30 * DAY, -DAY))
            case "not_yet_valid":
                return self.authority.issue_server(names, Validity.around_now(YEAR, YEAR + 30 * DAY))
            case "wrong_host":
                return self.authority.issue_server([WRONG_HOST])
            case "self_signed":
                return issue_self_signed(names)
            case "untrusted":
                return Authority.make("An authority that nobody trusts").issue_server(names)
        if self.options.certificate:
            from homeport.config.certificate_files import load_own

            return load_own(self.options)
        return self.authority.issue_server(names)

    def _exported(self) -> "Authority":
        from tempfile import TemporaryDirectory

        from homeport.io.tls.authority import Authority

        made = Authority.make(authority_name())
        try:
            self._folder = TemporaryDirectory(prefix="homeport-")
            path = Path(self._folder.name)
            path.chmod(0o755)  # clients may run as somebody else
            self.ca_file = str(write_aside(path / "ca.pem", made.pem(), 0o644))
        except OSError as error:
            raise CertificateError(
                f"no temporary folder for the certificate of the authority: {error.strerror}: "
                "name one that can be written to in TMPDIR, or keep it with --data"
            ) from None
        return made

    def _kept(self) -> "Authority":
        """The authority in the data folder; a new one if there is none."""
        from homeport.io.tls.authority import Authority

        assert self._data is not None  # noqa: S101 - asked by the caller
        folder = self._data.absolute() / "ca"
        certificate, key = folder / "ca.pem", folder / "ca.key"
        try:
            if certificate.exists():
                made = Authority.load(certificate.read_bytes(), key.read_bytes())
            else:
                made = Authority.make(authority_name())
                folder.mkdir(parents=True, exist_ok=True)
                # The certificate is last: where it is, the key is too.
                write_aside(key, made.key_pem(), 0o600)
                write_aside(certificate, made.pem(), 0o644)
        except OSError as error:
            raise CertificateError(f"{error.filename}: {error.strerror}; it keeps the farm's authority") from None
        except ValueError as error:
            raise CertificateError(f"{folder}: {error}; restore it, or remove it to get a new authority") from None
        self.ca_file = str(certificate)
        return made

    def _export(self, pem: bytes) -> None:
        """Write the authority's certificate where it is wanted besides."""
        if wanted := self.options.ca_export:
            try:
                write_aside(Path(wanted), pem, 0o644)
            except OSError as error:
                raise CertificateError(
                    f"[tls] ca_export {wanted}: {error.strerror}; its folder must be there"
                ) from None


def authority_name() -> str:
    """A name for a new authority; no two are the same, so that a store of trust can hold several."""
    return f"Homeport CA {os.urandom(4).hex()}"


def server_names(hosts: Iterable[str], names: Iterable[str]) -> list[str]:
    """The names and addresses of the server certificate, as certificates write them."""
    named: dict[str, None] = dict.fromkeys(ALWAYS)
    for one in (socket.gethostname(), *hosts):
        # A host name need not be one by the rules; then nobody can reach it by it over TLS.
        try:
            named[certificate_name(one.partition("%")[0])] = None
        except ValueError:
            continue
    for name in names:
        named[certificate_name(name)] = None
    return [name for name in named if name not in ANYWHERE]
