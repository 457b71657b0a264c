"""The configuration: its sections, reading and writing of files, and the effect of changes."""
