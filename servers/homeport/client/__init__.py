"""Clients: of the control API, and of the protocols that `homeport query` speaks."""
