"""Internationalized domain names: the IDN tables of a registry, and variants.

policy.py    the policy of a TLD; configured tables     table.py     a table: which labels, which variants
tables.py    the tables of a registry, and its names    lgr.py       RFC 7940, read and written
builtin.py   Latin, Greek, Cyrillic, Han                context.py   RFC 7940's rules, compiled
"""
