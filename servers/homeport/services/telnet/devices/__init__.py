"""Devices behind Telnet: what automation libraries and expect scripts are tested against.

    device.py     a device as [[telnet.device]] declares it       builtin.py       router, switch, ups, console
    network.py    prompts and modes of a network device           phrases.py       abbreviated commands
    answers.py    show commands                                   configuration.py  the running configuration
    ups.py        a power supply with menus                       console.py       a serial console server
    access.py     the login of a device                           spoiling.py      faults of prompts and answers
    playing.py    which dialogue a device has

They behave as such devices do, and say nothing of any vendor's. What is configured is state of the world: it lasts from
one session to the next, until a reset.
"""
