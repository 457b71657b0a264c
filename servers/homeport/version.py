"""The version of the package, in a module of its own so that reading it does not import the package's root."""

__version__ = "0.1.0"
