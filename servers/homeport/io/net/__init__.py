"""Sockets, streams and datagrams: the driver that feeds sessions and carries out their effects."""
