"""The names of the world: its zones, and the search for answers in them. No protocol, no signatures."""
