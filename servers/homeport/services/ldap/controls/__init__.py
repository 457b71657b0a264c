"""Controls: what a client adds to an operation (RFC 4511 4.1.11).

requests.py     what each control of a request asks for, parsed
paging.py       searches in pages (RFC 2696)
sorting.py      sorted results and their windows (RFC 2891, the VLV draft)
reading.py      entries before and after a change (RFC 4527)
following.py    persistent search, and synchronization (RFC 4533)
"""
