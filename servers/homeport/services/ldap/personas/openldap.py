"""OpenLDAP."""
from homeport.services.ldap.personas.behaviour import Behaviour
BEHAVIOUR = Behaviour()
