"""The extensions on offer, and the reply to EHLO that names them (RFC 5321 4.1.1.1, RFC 1869)."""

from collections.abc import Sequence

from homeport.services.smtp.options import EXTENSIONS, SmtpOptions


def offered_extensions(options: SmtpOptions, *, may_start_tls: bool, tls: bool, auth: Sequence[str]) -> tuple[str, ...]:
    """Return the keywords of the extensions on offer now, in the order of EHLO.

    auth: the mechanisms on offer now.
    """
    left_out = set(options.without)
    if not may_start_tls:
        left_out.add("STARTTLS")
    if not tls:
        left_out.add("REQUIRETLS")  # RFC 8689 2: only over TLS
    if not auth:
        left_out.add("AUTH")
    if "8BITMIME" in left_out:
        left_out.add("SMTPUTF8")  # RFC 6531 3.1
    if "CHUNKING" in left_out or "8BITMIME" in left_out:
        left_out.add("BINARYMIME")  # RFC 3030 3
    return tuple(keyword for keyword in EXTENSIONS if keyword not in left_out)


def ehlo_lines(options: SmtpOptions, offered: Sequence[str], auth: Sequence[str]) -> list[str]:
    """Return the lines of the reply to EHLO after the greeting."""
    parameters = {
        "SIZE": f" {int(options.max_size)}" if options.max_size else "",
        "AUTH": "".join(f" {mechanism}" for mechanism in auth),
        "LIMITS": f" MAILMAX={options.max_messages} RCPTMAX={options.max_recipients}",
    }
    return [*(keyword + parameters.get(keyword, "") for keyword in offered), *options.announce]
