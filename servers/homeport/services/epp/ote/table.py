"""All steps, in the order of the checklist."""

from homeport.services.epp.ote.domain_steps import DOMAINS, REDEMPTION, TRANSFERS
from homeport.services.epp.ote.object_steps import CONTACTS, HOSTS
from homeport.services.epp.ote.session_steps import POLL, SESSIONS
from homeport.services.epp.ote.step import Step

STEPS: tuple[Step, ...] = (*SESSIONS, *CONTACTS, *HOSTS, *DOMAINS, *TRANSFERS, *REDEMPTION, *POLL)
SECTIONS = tuple(dict.fromkeys(step.section for step in STEPS))
