"""The trademark authority of a world: marks, their signed form (RFC 7848), and claims notices, all for tests.

records.py   marks and the authority's keys, as the registry stores them
signing.py   signed marks: made and verified (XML Signature; lxml and cryptography, imported on first use)
claims.py    claims keys, notices and their checksums
"""
