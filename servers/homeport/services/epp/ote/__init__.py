"""The operational test (OT&E) of registrars: a checklist that the registry fills in from the commands that it answers.

`steps` and `domain_steps` declare the steps, `sheet` keeps what each registrar has shown of them. A step looks at one
kind of command: `tries` says whether a command attempts the step, and `wrong` what is wrong with the attempt, beside
the result code. A step that was done once stays done. Sheets are state of the world: a reset clears them.

The session calls `noting.note` for each answer; it costs a look-up in a dictionary once the steps of that command are
done. Commands that a planned fault disturbed do not count.
"""

from homeport.services.epp.ote.sheet import Mark, Sheet, Sheets, sheets_of
from homeport.services.epp.ote.step import Sighting, Step
from homeport.services.epp.ote.table import SECTIONS, STEPS

__all__ = ["SECTIONS", "STEPS", "Mark", "Sheet", "Sheets", "Sighting", "Step", "sheets_of"]
