"""The directory: entries with attributes in a tree, as X.500 models it; it knows no protocol.

filters.py    search filters
results.py    result codes, and the error that has one
password_policy.py  rules of passwords over time      passwords.py  their states in a directory
"""
