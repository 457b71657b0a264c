"""Definitions of schemas that other servers have beside the standard: of Active Directory, OpenLDAP and 389 DS.

A definition with the name of a standard one takes its place. Lines are written as in `standard.py`.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from homeport.world.directory.schema.standard import CLASSES, PERSON_MAY, SYNTAX_ARC

Definitions = tuple[tuple[str, ...], tuple[str, ...]]
"""Attribute types and object classes."""
TEXT = "EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15"
NAME = "EQUALITY distinguishedNameMatch SYNTAX ~12"
NUMBER = "EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 SINGLE-VALUE"
TIME = "EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch SYNTAX ~24 SINGLE-VALUE"
BYTES = "EQUALITY octetStringMatch ORDERING octetStringOrderingMatch SYNTAX ~40"
FIXED = "NO-USER-MODIFICATION"
OPERATIONAL = "USAGE directoryOperation"
AD = "1.2.840.113556.1"

# Numbers of 64 bits have a syntax of their own there; here they are integers.
AD_ATTRIBUTES = f"""
{AD}.4.1 NAME 'name' {TEXT} SINGLE-VALUE {FIXED}
2.5.4.49 NAME 'distinguishedName' {NAME} SINGLE-VALUE {FIXED}
2.5.4.36 NAME 'userCertificate' {BYTES}
{AD}.4.221 NAME 'sAMAccountName' {TEXT} SINGLE-VALUE
{AD}.4.656 NAME 'userPrincipalName' {TEXT} SINGLE-VALUE
{AD}.4.302 NAME 'sAMAccountType' {NUMBER} {FIXED}
{AD}.4.146 NAME 'objectSid' {BYTES} SINGLE-VALUE {FIXED}
{AD}.4.2 NAME 'objectGUID' {BYTES} SINGLE-VALUE {FIXED}
{AD}.4.8 NAME 'userAccountControl' {NUMBER}
{AD}.4.1460 NAME 'msDS-User-Account-Control-Computed' {NUMBER} {FIXED}
{AD}.2.1 NAME 'instanceType' {NUMBER} {FIXED}
{AD}.2.2 NAME 'whenCreated' {TIME} {FIXED}
{AD}.2.3 NAME 'whenChanged' {TIME} {FIXED}
{AD}.2.19 NAME 'uSNCreated' {NUMBER} {FIXED}
{AD}.2.120 NAME 'uSNChanged' {NUMBER} {FIXED}
{AD}.4.96 NAME 'pwdLastSet' {NUMBER}
{AD}.4.159 NAME 'accountExpires' {NUMBER}
{AD}.4.662 NAME 'lockoutTime' {NUMBER}
{AD}.4.52 NAME 'lastLogon' {NUMBER} {FIXED}
{AD}.4.51 NAME 'lastLogoff' {NUMBER} {FIXED}
{AD}.4.1696 NAME 'lastLogonTimestamp' {NUMBER} {FIXED}
{AD}.4.12 NAME 'badPwdCount' {NUMBER} {FIXED}
{AD}.4.49 NAME 'badPasswordTime' {NUMBER} {FIXED}
{AD}.4.169 NAME 'logonCount' {NUMBER} {FIXED}
{AD}.4.64 NAME 'logonHours' {BYTES} SINGLE-VALUE
{AD}.4.86 NAME 'userWorkstations' {TEXT} SINGLE-VALUE
{AD}.4.16 NAME 'codePage' {NUMBER}
{AD}.4.25 NAME 'countryCode' {NUMBER}
{AD}.4.98 NAME 'primaryGroupID' {NUMBER}
{AD}.4.750 NAME 'groupType' {NUMBER}
{AD}.4.782 NAME 'objectCategory' {NAME} SINGLE-VALUE
{AD}.4.90 NAME 'unicodePwd' {BYTES} SINGLE-VALUE
{AD}.4.1301 NAME 'tokenGroups' {BYTES} {FIXED}
{AD}.4.771 NAME 'servicePrincipalName' {TEXT}
{AD}.2.210 NAME 'proxyAddresses' {TEXT}
{AD}.2.141 NAME 'department' {TEXT} SINGLE-VALUE
{AD}.2.146 NAME 'company' {TEXT} SINGLE-VALUE
{AD}.2.81 NAME 'info' {TEXT} SINGLE-VALUE
{AD}.2.464 NAME 'wWWHomePage' {TEXT} SINGLE-VALUE
{AD}.4.62 NAME 'scriptPath' {TEXT} SINGLE-VALUE
{AD}.4.139 NAME 'profilePath' {TEXT} SINGLE-VALUE
{AD}.4.653 NAME 'managedBy' {NAME} SINGLE-VALUE
{AD}.4.150 NAME 'adminCount' {NUMBER}
{AD}.4.363 NAME 'operatingSystem' {TEXT} SINGLE-VALUE
{AD}.4.364 NAME 'operatingSystemVersion' {TEXT} SINGLE-VALUE
{AD}.4.365 NAME 'operatingSystemServicePack' {TEXT} SINGLE-VALUE
{AD}.4.74 NAME 'maxPwdAge' {NUMBER}
{AD}.4.78 NAME 'minPwdAge' {NUMBER}
{AD}.4.79 NAME 'minPwdLength' {NUMBER}
{AD}.4.95 NAME 'pwdHistoryLength' {NUMBER}
{AD}.4.93 NAME 'pwdProperties' {NUMBER}
{AD}.4.60 NAME 'lockoutDuration' {NUMBER}
{AD}.4.61 NAME 'lockOutObservationWindow' {NUMBER}
{AD}.4.73 NAME 'lockoutThreshold' {NUMBER}
{AD}.4.1411 NAME 'ms-DS-MachineAccountQuota' {NUMBER}
{AD}.4.133 NAME 'trustPartner' {TEXT} SINGLE-VALUE
{AD}.4.132 NAME 'trustDirection' {NUMBER}
{AD}.4.136 NAME 'trustType' {NUMBER}
{AD}.4.470 NAME 'trustAttributes' {NUMBER}
{AD}.4.511 NAME 'flatName' {TEXT} SINGLE-VALUE
{AD}.4.121 NAME 'securityIdentifier' {BYTES} SINGLE-VALUE
{AD}.4.619 NAME 'dNSHostName' {TEXT} SINGLE-VALUE
{AD}.2.16 NAME 'nCName' {NAME} SINGLE-VALUE
{AD}.4.28 NAME 'dnsRoot' {TEXT}
{AD}.4.87 NAME 'nETBIOSName' {TEXT} SINGLE-VALUE
2.16.840.1.113730.3.1.35 NAME 'thumbnailPhoto' {BYTES} SINGLE-VALUE
"""
AD_EVERY = """objectGUID $ objectCategory $ whenCreated $ whenChanged $ distinguishedName $ name $ uSNCreated $ \
uSNChanged $ instanceType $ description $ displayName"""
AD_PRINCIPAL = """sAMAccountName $ sAMAccountType $ objectSid $ tokenGroups $ managedBy $ adminCount $ info $ mail $ \
proxyAddresses"""
AD_CLASSES = f"""
2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST cn MAY ( sn $ userPassword $ telephoneNumber $ seeAlso $ {AD_EVERY} )
2.5.6.7 NAME 'organizationalPerson' SUP person STRUCTURAL MAY ( {PERSON_MAY} $ ou $ givenName $ initials $ mail $ \
mobile $ homePhone $ pager $ co $ c $ o $ company $ department $ manager $ thumbnailPhoto $ employeeNumber )
{AD}.5.9 NAME 'user' SUP organizationalPerson STRUCTURAL MAY ( {AD_PRINCIPAL} $ userPrincipalName $ \
userAccountControl $ msDS-User-Account-Control-Computed $ pwdLastSet $ accountExpires $ lockoutTime $ lastLogon $ \
lastLogoff $ lastLogonTimestamp $ badPwdCount $ badPasswordTime $ logonCount $ logonHours $ userWorkstations $ \
codePage $ countryCode $ primaryGroupID $ unicodePwd $ servicePrincipalName $ wWWHomePage $ scriptPath $ \
profilePath $ uid $ roomNumber $ jpegPhoto $ employeeType $ uidNumber $ gidNumber $ loginShell )
{AD}.3.30 NAME 'computer' SUP user STRUCTURAL MAY ( dNSHostName $ operatingSystem $ \
operatingSystemVersion $ operatingSystemServicePack )
{AD}.5.34 NAME 'trustedDomain' SUP top STRUCTURAL MUST cn MAY ( trustPartner $ trustDirection $ trustType $ \
trustAttributes $ flatName $ securityIdentifier )
{AD}.5.15 NAME 'contact' SUP organizationalPerson STRUCTURAL MAY proxyAddresses
{AD}.5.8 NAME 'group' SUP top STRUCTURAL MUST cn MAY ( {AD_EVERY} $ {AD_PRINCIPAL} $ groupType $ member $ gidNumber )
{AD}.3.11 NAME 'crossRef' SUP top STRUCTURAL MUST ( cn $ nCName $ dnsRoot ) MAY nETBIOSName
{AD}.3.23 NAME 'container' SUP top STRUCTURAL MUST cn MAY ( {AD_EVERY} )
{AD}.5.67 NAME 'domainDNS' SUP domain STRUCTURAL MAY ( {AD_EVERY} $ objectSid $ maxPwdAge $ minPwdAge $ \
minPwdLength $ pwdHistoryLength $ pwdProperties $ lockoutDuration $ lockOutObservationWindow $ lockoutThreshold $ \
ms-DS-MachineAccountQuota )
"""
INET_ORG_PERSON = next(line for line in CLASSES.split("\n") if "NAME 'inetOrgPerson'" in line)

OPENLDAP_ATTRIBUTES = f"""
1.3.6.1.4.1.4203.666.1.7 NAME 'entryCSN' EQUALITY caseExactMatch ORDERING caseExactOrderingMatch SYNTAX ~15 \
SINGLE-VALUE {FIXED} {OPERATIONAL}
1.3.6.1.4.1.4203.666.1.25 NAME 'contextCSN' EQUALITY caseExactMatch ORDERING caseExactOrderingMatch SYNTAX ~15 \
{FIXED} USAGE dSAOperation
1.3.6.1.4.1.4203.1.12.1 NAME 'configContext' {NAME} SINGLE-VALUE {FIXED} USAGE dSAOperation
1.3.6.1.4.1.4203.666.1.10 NAME 'monitorContext' {NAME} SINGLE-VALUE {FIXED} USAGE dSAOperation
"""
OPENLDAP_CLASSES = """
1.3.6.1.4.1.4203.1.4.1 NAME ( 'OpenLDAProotDSE' 'LDAProotDSE' ) SUP top STRUCTURAL MAY cn
1.3.6.1.4.1.4203.1.12.2.4.0.1 NAME 'olcGlobal' SUP top STRUCTURAL MAY cn
1.3.6.1.4.1.4203.666.3.16.3 NAME 'monitorServer' SUP top STRUCTURAL MUST cn
"""

NETSCAPE = "2.16.840.1.113730.3.1"
DS389_ATTRIBUTES = f"""
{NETSCAPE}.542 NAME 'nsUniqueId' EQUALITY caseIgnoreMatch SYNTAX ~15 SINGLE-VALUE {FIXED} {OPERATIONAL}
{NETSCAPE}.610 NAME 'nsAccountLock' EQUALITY caseIgnoreMatch SYNTAX ~15 SINGLE-VALUE {OPERATIONAL}
{NETSCAPE}.91 NAME 'passwordExpirationTime' {TIME} {OPERATIONAL}
{NETSCAPE}.93 NAME 'passwordRetryCount' {NUMBER} {OPERATIONAL}
{NETSCAPE}.95 NAME 'accountUnlockTime' {TIME} {OPERATIONAL}
{NETSCAPE}.2120 NAME 'netscapemdsuffix' {NAME} USAGE dSAOperation
"""


def _lines(text: str) -> tuple[str, ...]:
    return tuple(f"( {line.replace('~', SYNTAX_ARC)} )" for line in text.strip().split("\n"))


@cache
def definitions(behaviour: str) -> Definitions:
    """Return what a behaviour of the service has beside the standard; nothing for `rfc`."""
    match behaviour:
        case "active-directory":
            person = INET_ORG_PERSON.replace("SUP organizationalPerson", "SUP user")
            return _lines(AD_ATTRIBUTES), (*_lines(AD_CLASSES), *_lines(person))
        case "openldap":
            return _lines(OPENLDAP_ATTRIBUTES), _lines(OPENLDAP_CLASSES)
        case "389ds":
            return _lines(DS389_ATTRIBUTES), ()
    return (), ()


def chosen_definitions(options: Mapping[str, Any]) -> Definitions:
    """Return those of the behaviour that a world's options choose."""
    return definitions(getattr(options.get("ldap"), "behaviour", "rfc"))
