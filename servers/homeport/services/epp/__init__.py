"""EPP (RFC 5730 to 5734)."""
