"""The words of networks that the database `homeport` of a fresh world defines."""

from homeport.world.dictionary import Headword

TEXTS = {
    "A record": "A DNS record with a host's IPv4 address (RFC 1035 3.4.1). AAAA has an IPv6 address (RFC 3596).",
    "ACK": "acknowledgment: a TCP segment that says up to which byte the other side has received (RFC 9293 3.4).",
    "APOP": "A login of POP3 by a digest of a timestamp and the password (RFC 1939 7). DICT's AUTH works alike.",
    "ASCII": "A character set of 128 characters in seven bits (RFC 20).",
    "base64": "An encoding of bytes in 64 printable characters, three bytes in four of them (RFC 4648 4).",
    "bounce": "A message that reports that another one could not be delivered (RFC 3464).",
    "byte": "Eight bits. RFCs say octet, because there were machines on which a byte had another size.",
    "CNAME": "A DNS record that makes a name an alias of another, the canonical one (RFC 1034 3.6.2).",
    "CR LF": "Carriage return and line feed, bytes 13 and 10: the end of a line in most text protocols.\n\n"
    "A line that ends in LF alone is a frequent error of clients.",
    "datagram": "A message that travels by itself: it may be lost, doubled or late, and nobody is told (RFC 768).",
    "delegation": "NS records in a zone that hand a part of its names over to other servers (RFC 1034 4.2.1).",
    "dot-stuffing": "The doubling of a dot that begins a line, in protocols where a dot alone ends the text:\n\n"
    ".\n..\n\n"
    ".  This line begins with a dot: it was sent with two, and your client removed one (RFC 2229 2.4.3).",
    "EHLO": "The greeting of an SMTP client that asks for the server's extensions (RFC 5321 4.1.1.1).",
    "EPP": "Extensible Provisioning Protocol: registrars tell a registry by it what to register (RFC 5730).",
    "farm": "In Homeport, one process with all its servers and one or more worlds.",
    "fault": "In Homeport, a planned misbehaviour of a server: late, cut off, refused, garbled.",
    "finding": "In Homeport, a rule of an RFC that a client broke; each has a level, must, should or advice.",
    "firewall": "1. A wall that keeps a fire from the next house.\n2. A filter of packets between networks.",
    "flow control": "What keeps a fast sender from flooding a slow receiver. In TCP it is the window.",
    "frame": "The unit of a protocol that has a length in front, such as EPP over TCP (RFC 5734 4).",
    "FTP": "File Transfer Protocol: commands on one connection, files on others (RFC 959).",
    "glue": "Address records of a name server below the zone that it serves, which its parent has to give.",
    "greeting": "What a server says first. A client that does not wait for it is an early talker.",
    "half-close": "The end of one direction of a TCP connection while the other goes on (RFC 9293 3.6).",
    "handshake": "The messages by which two sides agree to begin: three in TCP, more in TLS.",
    "idempotent": "Of a request: twice has the effect of once, so that it may be repeated after a lost answer.",
    "IMAP": "Internet Message Access Protocol: mail stays on the server, in mailboxes (RFC 9051).",
    "journal": "In Homeport, the record of everything that happened in a world, in order.",
    "jitter": "The variation of a delay.",
    "latency": "The time that a message takes to arrive.",
    "listener": "A port on which a service waits for connections or datagrams.",
    "localhost": "This machine itself: 127.0.0.1 and ::1 (RFC 6761 6.3).",
    "mailbox": "The place of a person's mail; in IMAP there are many, and INBOX is one of them.",
    "MIME": "Multipurpose Internet Mail Extensions: types, encodings and parts of content (RFC 2045).",
    "MTU": "maximum transmission unit: the size of the largest packet that a link carries whole.",
    "MX": "A DNS record that names a mail server of a domain; the lowest preference goes first (RFC 5321 5.1).",
    "Nagle's algorithm": "A sender of TCP keeps small data back while earlier data is unacknowledged (RFC 9293 3.7.4).",
    "NXDOMAIN": "The answer that a name does not exist, and none below it either (RFC 8020).",
    "octet": "A byte of exactly eight bits, in the language of RFCs.",
    "packet": "A piece of data with the addresses of its sender and its receiver.",
    "pipelining": "Sending commands before the replies to earlier ones. A DICT server must allow it (RFC 2229 4).",
    "port": "1. A place where ships are at home.\n2. A number from 0 to 65535 that tells the programs of a host apart.",
    "proxy": "A program that makes requests in the name of others.",
    "registrar": "A company that registers domains for its customers.",
    "resolver": "A program that finds the answers to DNS queries, and keeps them for their time to live.",
    "RFC": "Request for Comments: the series of documents that define the protocols of the Internet, since 1969.",
    "SASL": "Simple Authentication and Security Layer: login mechanisms that many protocols share (RFC 4422).",
    "session": "The time between a client's connection and its end, and what a server remembers during it.",
    "socket": "The end of a connection, as programs see it.",
    "SYN": "synchronize: the first segment of a TCP connection, in either direction.",
    "TCP": "Transmission Control Protocol: a stream of bytes that arrive in order or not at all (RFC 9293).",
    "throughput": "Bytes per second.",
    "timeout": "The end of a wait.",
    "TLS": "Transport Layer Security: encryption, and proof of who is at the other end (RFC 8446).",
    "TTL": "time to live: 1. the seconds for which a DNS record may be kept. 2. the hops that a packet may make.",
    "UDP": "User Datagram Protocol: ports and a checksum, and nothing else (RFC 768).",
    "UTF-8": "An encoding of Unicode in which ASCII stays as it is (RFC 3629): ä is C3 A4, € is E2 82 AC.",
    "window": "The number of bytes that a receiver of TCP is ready to take.",
    "world": "In Homeport, an isolated set of services with people, mail, files, clock and faults of its own.",
    "zone": "A part of the DNS that one set of servers answers for (RFC 1034 4.2).",
}
MORE_TEXTS = {
    "host": ("A machine on a network.", "Of a party: the one who lets you in, as a server does."),
    "naïve": ("Of a client: trusting all that a server says.",),
}
WORDS = tuple(
    Headword(word=word, definitions=definitions)
    for word, definitions in ({word: (text,) for word, text in TEXTS.items()} | MORE_TEXTS).items()
)
