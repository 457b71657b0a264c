"""Homeport: a self-hosted farm of real protocol servers that network clients are tested against."""

__version__ = "0.1.0"
