"""The configuration: its sections, how a file is read and written, and what a change of it means."""
