"""Sockets, streams and datagrams: the driver that delivers events to sessions and executes their effects."""
