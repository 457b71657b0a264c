"""Data connections: listening, connecting, and the transfers over them."""
