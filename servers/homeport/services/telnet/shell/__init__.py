"""The shell of the world: what a person who has logged in can do at a terminal.

    session.py    the dialogue: prompt, command line, dispatch   commands.py   the table of commands
    people.py     who, finger, write, mesg                       files.py      files, cat, cd, pwd
    mail.py       mail                                           terminal.py   env, stty, tty, stress, date, quote
    pager.py      output in pages and in pieces                  options.py    options of what runs behind Telnet

Everything that a command shows comes from the world and is made visible first: a control character in a plan, a file, a
message or a name never reaches the terminal of another person. Left out: pipes, redirection, variables, jobs, and every
change of the world but that of one's own mailbox.
"""
