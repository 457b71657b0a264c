"""The directory: entries with attributes in a tree, as X.500 models it; it knows no protocol.

entry.py, names.py, schema/    entries, DNs, definitions    matching.py, checks.py  values by the schema
directory.py, tree.py          the entries of a world       *_entries.py, live.py   what they are made of
changes.py, modifications.py   changes, in steps            subtrees.py, batch.py   changes of many entries
filters.py, filter_text.py     search filters               evaluation.py           their evaluation
ldif.py, ldif_changes.py       LDIF, entries and changes    rows.py, stamps.py      what is stored
passwords.py                   states of passwords          password_policy.py      rules of passwords over time
credentials.py                 secrets of an entry          posix_numbers.py        uidNumber and gidNumber
secret_attributes.py           what is masked               results.py              result codes
contents.py                    the configuration           change_requests.py      modifications, and who asks
"""
