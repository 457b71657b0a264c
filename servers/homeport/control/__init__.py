"""The control API: one table of operations routes requests, checks them, and describes itself. io/http serves it."""
