"""The certificates of a farm: its authority, stored under `--data` or in a temporary folder, and the certificates of
it.

Certificates are valid by real time and never by the world's clock, because clients check them by their own clock. The
module `authority` is imported when a service first needs TLS: it costs 40 ms of start-up.
"""

import logging
import socket
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.config.certificates import CertificateError, certificate_name
from homeport.config.sections import Config, FarmTlsOptions
from homeport.disk.temporary import TemporaryFolder
from homeport.disk.write_aside import sweep_asides, write_aside
from homeport.protocol.addresses import ANYWHERE
from homeport.protocol.faults import TlsFault
from homeport.services import find_service

if TYPE_CHECKING:
    from cryptography import x509

    from homeport.config.certificate_files import Certified
    from homeport.io.tls.authority import Authority
    from homeport.io.tls.contexts import TlsContexts

log = logging.getLogger("homeport")

ALWAYS = ("localhost", "127.0.0.1", "::1")
"""Names and addresses of every server certificate."""
WRONG_HOST = "wrong-host.test"  # RFC 6761 6.2: resolves nowhere, and is within name constraints
DAY, YEAR = timedelta(days=1), timedelta(days=365)


def wants_tls(config: Config) -> bool:
    """Return True if a configured service can use TLS."""
    return any(find_service(name).speaks_tls for name in config.services)


class Certificates:
    """The certificates of a farm.

    hosts: addresses and names that it listens on. data: the folder of `--data`; None to store nothing.
    """

    def __init__(self, options: FarmTlsOptions, hosts: Iterable[str] = (), data: Path | None = None) -> None:
        self.options = options
        self.names = server_names(hosts, options.names)
        self.ca_file = ""
        """Path of the authority's certificate (PEM); empty before it is created."""
        self._advised = False
        self._data = data
        self._authority: Authority | None = None
        self._issued: Certified | None = None  # the usual one: a client that pins its key finds it on each port
        self._folder: TemporaryFolder | None = None

    def advise_once(self) -> bool:
        """Return True at the first call: the log advises about clients that do not trust the certificate only once."""
        first, self._advised = not self._advised, True
        return first

    @property
    def authority(self) -> "Authority":
        """The farm's authority, created or loaded at first use.

        Raises: CertificateError.
        """
        if self._authority is None:
            self._authority = self._load_or_create() if self._data else self._exported()
            self._validate_names(self._authority)
            self._export(self._authority.pem())
        return self._authority

    def _constraints(self) -> "x509.NameConstraints | None":
        from homeport.io.tls.name_constraints import constraints_for

        return constraints_for(self.names) if self.options.name_constraints and not self.options.any_name else None

    def _validate_names(self, authority: "Authority") -> None:
        """Check the farm's names against the constraints of its authority, which may have been made for other names.

        A host name that has changed, as in containers, is left out of the certificate. Raises: CertificateError.
        """
        from homeport.io.tls.name_constraints import constraints_of, find_refused

        renew = f"remove {self.ca_file} and its key to get a new CA, which clients must then trust"
        if self.options.any_name and constraints_of(authority.certificate) is not None:
            raise CertificateError(f"[tls] any_name: the CA is limited to certain names: {renew}")
        refused = find_refused(authority.certificate, self.names)
        if wanted := [name for name in refused if name in {certificate_name(one) for one in self.options.names}]:
            raise CertificateError(f"[tls] names: the CA is limited to other names than {', '.join(wanted)}: {renew}")
        self.names = [name for name in self.names if name not in refused]

    @cached_property
    def contexts(self) -> "TlsContexts":
        """OpenSSL contexts; imports OpenSSL."""
        from homeport.io.tls.contexts import TlsContexts

        return TlsContexts(self)

    def prepare(self) -> None:
        """Create or load the authority and write its file.

        Raises: CertificateError.
        """
        assert self.authority  # noqa: S101 - the property creates it

    def close(self) -> None:
        """Remove the temporary folder."""
        if self._folder is not None:
            self._folder.close()
            self._folder = None
            self._authority = self._issued = None
            self.ca_file = ""

    def ca_pem(self) -> bytes:
        """Return the authority's certificate (PEM)."""
        return self.authority.pem()

    def tlsa(self) -> tuple[bytes, ...]:
        """Return TLSA data by which clients trust the server's certificates (RFC 6698 2.1).

        3 1 1 is the hash of the certificate's key. Certificates issued for other names have other keys: for them there
        is 2 1 0, the authority's key itself, as chains do not have the authority (RFC 7671 5.2).
        Raises: CertificateError.
        """
        shown = b"\3\1\1" + sha256(_public_key(self.for_server().certificate)).digest()
        return (shown,) if self.options.certificate else (shown, b"\2\1\0" + _public_key(self.authority.certificate))

    def issue_client(self, name: str) -> tuple[bytes, bytes]:
        """Issue a certificate and key (PEM) for a client of that name."""
        issued = self.authority.issue_client(name)
        return issued.certificate_pem(), issued.key_pem()

    def for_server(self, fault: TlsFault | None = None, names: Sequence[str] = ()) -> "Certified":
        """Return the server's certificate: the configured one, one issued by the authority, or a defective one for a
        fault.

        names: names of an issued one; default: the server's. Raises: CertificateError.
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
                return Authority.make("Untrusted test authority").issue_server(names)
        if self.options.certificate:
            from homeport.config.certificate_files import load_own

            return load_own(self.options)
        if names != self.names:
            return self.authority.issue_server(names)
        if self._issued is None:
            self._issued = self.authority.issue_server(names)
        return self._issued

    def _exported(self) -> "Authority":
        from homeport.io.tls.authority import Authority

        made = Authority.make(constraints=self._constraints())
        try:
            self._folder = TemporaryFolder()
            self.ca_file = str(write_aside(self._folder.path / "ca.pem", made.pem(), 0o644))  # for any user's clients
        except OSError as error:
            raise CertificateError(
                f"no temporary folder for the certificate of the authority: {error.strerror}: "
                "set TMPDIR to a writable folder, or store the authority with --data"
            ) from None
        return made

    def _load_or_create(self) -> "Authority":
        """Return the authority in the data folder, created if it is missing.

        A lost certificate is issued again from its key, under the same name, so clients that trust the old one keep
        working. A lost key is an error: a new authority would be refused by those clients.
        """
        from homeport.io.tls.authority import Authority

        assert self._data is not None  # noqa: S101 - checked by the caller
        folder = self._data.absolute() / "ca"
        certificate, key = folder / "ca.pem", folder / "ca.key"
        try:
            if certificate.exists() and not key.exists():
                raise CertificateError(
                    f"{key} is missing: restore it, or remove {certificate} to get a new authority, "
                    "which clients must then trust instead"
                )
            if certificate.exists():
                made = Authority.load(certificate.read_bytes(), key.read_bytes())
                warn_of_age(made, folder)
            elif key.exists():
                made = Authority.reissue(key.read_bytes(), self._constraints())
                log.warning("%s was missing: issued again from the key", certificate)
                write_aside(certificate, made.pem(), 0o600)
            else:
                made = Authority.make(constraints=self._constraints())
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                # After a kill between the two, the next start issues the certificate from the key.
                write_aside(key, made.key_pem(), 0o600)
                write_aside(certificate, made.pem(), 0o600)
            key.chmod(0o600)
        except OSError as error:
            raise CertificateError(
                f"{error.filename}: {error.strerror}: the farm's authority is stored there; "
                "allow this user to read and write it, or name another --data"
            ) from None
        except ValueError as error:
            raise CertificateError(
                f"{folder}: {error}: restore ca.pem and ca.key, or remove both to get a new authority"
            ) from None
        self.ca_file = str(certificate)
        return made

    def _export(self, pem: bytes) -> None:
        """Write the authority's certificate to `[tls] ca_export`, if set."""
        if wanted := self.options.ca_export:
            try:
                sweep_asides(Path(wanted))
                write_aside(Path(wanted), pem, 0o644)
            except OSError as error:
                raise CertificateError(f"[tls] ca_export {wanted}: {error.strerror}; create its folder") from None


def _public_key(certificate: "x509.Certificate") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def warn_of_age(authority: "Authority", folder: Path) -> None:
    """Log a warning if an authority is reused that is older than a year."""
    age = datetime.now(UTC) - authority.certificate.not_valid_before_utc
    if age > YEAR + DAY:
        log.warning(
            "the CA in %s is %d days old: if clients trust it outside of tests, remove the folder to get a new one",
            folder,
            age.days,
        )


def server_names(hosts: Iterable[str], names: Iterable[str]) -> list[str]:
    """Return the names and addresses of the server certificate, as certificates write them."""
    named: dict[str, None] = dict.fromkeys(ALWAYS)
    for one in (socket.gethostname(), *hosts):
        # A system's host name may be invalid as a DNS name; no TLS client can use it then.
        try:
            named[certificate_name(one.partition("%")[0])] = None
        except ValueError:
            continue
    for name in names:
        named[certificate_name(name)] = None
    return [name for name in named if name not in ANYWHERE]
