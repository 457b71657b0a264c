"""The farm as a process: its worlds and listeners, start, stop, reload, logs and HTTP."""
