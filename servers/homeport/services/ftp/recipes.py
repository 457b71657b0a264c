"""Faults by name that only FTP has."""

from homeport.protocol.fault_recipes import Recipe
from homeport.protocol.faults import Do, Limit, Match

RECIPES = (
    Recipe(
        name="cut-download",
        title="Cut the next download after 1,000 bytes",
        text="The data connection is reset in the middle of a file: a client must notice, and may resume with REST.",
        match=Match(verb="RETR"),
        do=Do(limit=Limit(1000, reset=True)),
    ),
)
