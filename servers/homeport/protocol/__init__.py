"""The sans-IO kit that services are built with: sessions of commands, and what they share.

command_session.py   the engine: lines, commands, waiting, time-outs, the end
dialogue.py          what a session and its parts share: the state, replies in order, planned faults
waiting.py           what a command can wait for: work, an effect's event, a line, octets, content up to its end
"""
