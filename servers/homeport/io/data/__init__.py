"""Data connections: passive ports, active connections, and transfers."""
