"""The definitions of the standard schema, one a line.

RFC 4512, 4519, 4524, 2798, 2307 (posixGroup as in its successor), 3296, 4530, 5020, and those of password policies.

`~15` stands for the syntax 1.3.6.1.4.1.1466.115.121.1.15; the parentheses are left out.
"""

SYNTAX_ARC = "1.3.6.1.4.1.1466.115.121.1."

ATTRIBUTES = """
2.5.4.0 NAME 'objectClass' EQUALITY objectIdentifierMatch SYNTAX ~38
2.5.4.1 NAME ( 'aliasedObjectName' 'aliasedEntryName' ) EQUALITY distinguishedNameMatch SYNTAX ~12 SINGLE-VALUE
2.5.18.1 NAME 'createTimestamp' EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch SYNTAX ~24 \
SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation
2.5.18.2 NAME 'modifyTimestamp' EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch SYNTAX ~24 \
SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation
2.5.18.3 NAME 'creatorsName' EQUALITY distinguishedNameMatch SYNTAX ~12 SINGLE-VALUE NO-USER-MODIFICATION USAGE \
directoryOperation
2.5.18.4 NAME 'modifiersName' EQUALITY distinguishedNameMatch SYNTAX ~12 SINGLE-VALUE NO-USER-MODIFICATION USAGE \
directoryOperation
2.5.18.9 NAME 'hasSubordinates' EQUALITY booleanMatch SYNTAX ~7 SINGLE-VALUE NO-USER-MODIFICATION USAGE \
directoryOperation
2.5.18.10 NAME 'subschemaSubentry' EQUALITY distinguishedNameMatch SYNTAX ~12 SINGLE-VALUE NO-USER-MODIFICATION USAGE \
directoryOperation
2.5.21.9 NAME 'structuralObjectClass' EQUALITY objectIdentifierMatch SYNTAX ~38 SINGLE-VALUE NO-USER-MODIFICATION \
USAGE directoryOperation
2.5.21.2 NAME 'dITContentRules' EQUALITY objectIdentifierFirstComponentMatch SYNTAX ~16 USAGE directoryOperation
2.5.21.1 NAME 'dITStructureRules' EQUALITY integerFirstComponentMatch SYNTAX ~17 USAGE directoryOperation
2.5.21.4 NAME 'matchingRules' EQUALITY objectIdentifierFirstComponentMatch SYNTAX ~30 USAGE directoryOperation
2.5.21.5 NAME 'attributeTypes' EQUALITY objectIdentifierFirstComponentMatch SYNTAX ~3 USAGE directoryOperation
2.5.21.6 NAME 'objectClasses' EQUALITY objectIdentifierFirstComponentMatch SYNTAX ~37 USAGE directoryOperation
2.5.21.7 NAME 'nameForms' EQUALITY objectIdentifierFirstComponentMatch SYNTAX ~35 USAGE directoryOperation
2.5.21.8 NAME 'matchingRuleUse' EQUALITY objectIdentifierFirstComponentMatch SYNTAX ~31 USAGE directoryOperation
1.3.6.1.4.1.1466.101.120.16 NAME 'ldapSyntaxes' EQUALITY objectIdentifierFirstComponentMatch SYNTAX ~54 USAGE \
directoryOperation
1.3.6.1.4.1.1466.101.120.5 NAME 'namingContexts' SYNTAX ~12 USAGE dSAOperation
1.3.6.1.4.1.1466.101.120.6 NAME 'altServer' SYNTAX ~26 USAGE dSAOperation
1.3.6.1.4.1.1466.101.120.7 NAME 'supportedExtension' SYNTAX ~38 USAGE dSAOperation
1.3.6.1.4.1.1466.101.120.13 NAME 'supportedControl' SYNTAX ~38 USAGE dSAOperation
1.3.6.1.4.1.1466.101.120.14 NAME 'supportedSASLMechanisms' SYNTAX ~15 USAGE dSAOperation
1.3.6.1.4.1.1466.101.120.15 NAME 'supportedLDAPVersion' SYNTAX ~27 USAGE dSAOperation
1.3.6.1.4.1.4203.1.3.5 NAME 'supportedFeatures' EQUALITY objectIdentifierMatch SYNTAX ~38 USAGE dSAOperation
1.3.6.1.1.4 NAME 'vendorName' EQUALITY caseExactMatch SYNTAX ~15 SINGLE-VALUE NO-USER-MODIFICATION USAGE dSAOperation
1.3.6.1.1.5 NAME 'vendorVersion' EQUALITY caseExactMatch SYNTAX ~15 SINGLE-VALUE NO-USER-MODIFICATION USAGE dSAOperation
1.3.6.1.1.16.4 NAME 'entryUUID' EQUALITY UUIDMatch ORDERING UUIDOrderingMatch SYNTAX 1.3.6.1.1.16.1 SINGLE-VALUE \
NO-USER-MODIFICATION USAGE directoryOperation
1.3.6.1.1.20 NAME 'entryDN' EQUALITY distinguishedNameMatch SYNTAX ~12 SINGLE-VALUE NO-USER-MODIFICATION USAGE \
directoryOperation
1.3.6.1.4.1.453.16.2.103 NAME 'numSubordinates' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 \
SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation
1.2.840.113556.1.2.102 NAME 'memberOf' EQUALITY distinguishedNameMatch SYNTAX ~12 NO-USER-MODIFICATION USAGE \
dSAOperation
2.16.840.1.113730.3.1.34 NAME 'ref' EQUALITY caseExactMatch SYNTAX ~15 USAGE distributedOperation
2.5.4.41 NAME 'name' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name
2.5.4.4 NAME ( 'sn' 'surname' ) SUP name
2.5.4.5 NAME 'serialNumber' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~44
2.5.4.6 NAME ( 'c' 'countryName' ) SUP name SYNTAX ~11 SINGLE-VALUE
2.5.4.7 NAME ( 'l' 'localityName' ) SUP name
2.5.4.8 NAME ( 'st' 'stateOrProvinceName' ) SUP name
2.5.4.9 NAME ( 'street' 'streetAddress' ) EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
2.5.4.10 NAME ( 'o' 'organizationName' ) SUP name
2.5.4.11 NAME ( 'ou' 'organizationalUnitName' ) SUP name
2.5.4.12 NAME 'title' SUP name
2.5.4.13 NAME 'description' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
2.5.4.14 NAME 'searchGuide' SYNTAX ~25
2.5.4.15 NAME 'businessCategory' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
2.5.4.16 NAME 'postalAddress' EQUALITY caseIgnoreListMatch SUBSTR caseIgnoreListSubstringsMatch SYNTAX ~41
2.5.4.17 NAME 'postalCode' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
2.5.4.18 NAME 'postOfficeBox' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
2.5.4.19 NAME 'physicalDeliveryOfficeName' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
2.5.4.20 NAME 'telephoneNumber' EQUALITY telephoneNumberMatch SUBSTR telephoneNumberSubstringsMatch SYNTAX ~50
2.5.4.21 NAME 'telexNumber' SYNTAX ~52
2.5.4.22 NAME 'teletexTerminalIdentifier' SYNTAX ~51
2.5.4.23 NAME ( 'facsimileTelephoneNumber' 'fax' ) SYNTAX ~22
2.5.4.24 NAME 'x121Address' EQUALITY numericStringMatch SUBSTR numericStringSubstringsMatch SYNTAX ~36
2.5.4.25 NAME 'internationalISDNNumber' EQUALITY numericStringMatch SUBSTR numericStringSubstringsMatch SYNTAX ~36
2.5.4.26 NAME 'registeredAddress' SUP postalAddress SYNTAX ~41
2.5.4.27 NAME 'destinationIndicator' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~44
2.5.4.28 NAME 'preferredDeliveryMethod' SYNTAX ~14 SINGLE-VALUE
2.5.4.31 NAME 'member' SUP distinguishedName
2.5.4.32 NAME 'owner' SUP distinguishedName
2.5.4.33 NAME 'roleOccupant' SUP distinguishedName
2.5.4.34 NAME 'seeAlso' SUP distinguishedName
2.5.4.35 NAME 'userPassword' EQUALITY octetStringMatch SYNTAX ~40
2.5.4.36 NAME 'userCertificate' EQUALITY octetStringMatch SYNTAX ~8
2.5.4.42 NAME ( 'givenName' 'gn' ) SUP name
2.5.4.43 NAME 'initials' SUP name
2.5.4.44 NAME 'generationQualifier' SUP name
2.5.4.45 NAME 'x500UniqueIdentifier' EQUALITY bitStringMatch SYNTAX ~6
2.5.4.46 NAME 'dnQualifier' EQUALITY caseIgnoreMatch ORDERING caseIgnoreOrderingMatch SUBSTR caseIgnoreSubstringsMatch \
SYNTAX ~44
2.5.4.47 NAME 'enhancedSearchGuide' SYNTAX ~21
2.5.4.49 NAME 'distinguishedName' EQUALITY distinguishedNameMatch SYNTAX ~12
2.5.4.50 NAME 'uniqueMember' EQUALITY uniqueMemberMatch SYNTAX ~34
2.5.4.51 NAME 'houseIdentifier' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
0.9.2342.19200300.100.1.1 NAME ( 'uid' 'userid' ) EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
0.9.2342.19200300.100.1.3 NAME ( 'mail' 'rfc822Mailbox' ) EQUALITY caseIgnoreIA5Match SUBSTR \
caseIgnoreIA5SubstringsMatch SYNTAX ~26
0.9.2342.19200300.100.1.4 NAME 'info' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
0.9.2342.19200300.100.1.5 NAME ( 'drink' 'favouriteDrink' ) EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch \
SYNTAX ~15
0.9.2342.19200300.100.1.6 NAME 'roomNumber' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
0.9.2342.19200300.100.1.7 NAME 'photo' SYNTAX ~23
0.9.2342.19200300.100.1.8 NAME 'userClass' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
0.9.2342.19200300.100.1.9 NAME 'host' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
0.9.2342.19200300.100.1.10 NAME 'manager' EQUALITY distinguishedNameMatch SYNTAX ~12
0.9.2342.19200300.100.1.11 NAME 'documentIdentifier' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch \
SYNTAX ~15
0.9.2342.19200300.100.1.12 NAME 'documentTitle' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
0.9.2342.19200300.100.1.13 NAME 'documentVersion' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
0.9.2342.19200300.100.1.14 NAME 'documentAuthor' EQUALITY distinguishedNameMatch SYNTAX ~12
0.9.2342.19200300.100.1.15 NAME 'documentLocation' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
0.9.2342.19200300.100.1.20 NAME ( 'homePhone' 'homeTelephone' ) EQUALITY telephoneNumberMatch SUBSTR \
telephoneNumberSubstringsMatch SYNTAX ~50
0.9.2342.19200300.100.1.21 NAME 'secretary' EQUALITY distinguishedNameMatch SYNTAX ~12
0.9.2342.19200300.100.1.25 NAME ( 'dc' 'domainComponent' ) EQUALITY caseIgnoreIA5Match SUBSTR \
caseIgnoreIA5SubstringsMatch SYNTAX ~26 SINGLE-VALUE
0.9.2342.19200300.100.1.37 NAME 'associatedDomain' EQUALITY caseIgnoreIA5Match SUBSTR caseIgnoreIA5SubstringsMatch \
SYNTAX ~26
0.9.2342.19200300.100.1.38 NAME 'associatedName' EQUALITY distinguishedNameMatch SYNTAX ~12
0.9.2342.19200300.100.1.39 NAME 'homePostalAddress' EQUALITY caseIgnoreListMatch SUBSTR caseIgnoreListSubstringsMatch \
SYNTAX ~41
0.9.2342.19200300.100.1.40 NAME 'personalTitle' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
0.9.2342.19200300.100.1.41 NAME ( 'mobile' 'mobileTelephoneNumber' ) EQUALITY telephoneNumberMatch SUBSTR \
telephoneNumberSubstringsMatch SYNTAX ~50
0.9.2342.19200300.100.1.42 NAME ( 'pager' 'pagerTelephoneNumber' ) EQUALITY telephoneNumberMatch SUBSTR \
telephoneNumberSubstringsMatch SYNTAX ~50
0.9.2342.19200300.100.1.43 NAME ( 'co' 'friendlyCountryName' ) EQUALITY caseIgnoreMatch SUBSTR \
caseIgnoreSubstringsMatch SYNTAX ~15
0.9.2342.19200300.100.1.44 NAME 'uniqueIdentifier' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
0.9.2342.19200300.100.1.45 NAME 'organizationalStatus' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch \
SYNTAX ~15
0.9.2342.19200300.100.1.48 NAME 'buildingName' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
0.9.2342.19200300.100.1.55 NAME 'audio' SYNTAX ~4
0.9.2342.19200300.100.1.56 NAME 'documentPublisher' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
0.9.2342.19200300.100.1.60 NAME 'jpegPhoto' SYNTAX ~28
2.16.840.1.113730.3.1.1 NAME 'carLicense' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
2.16.840.1.113730.3.1.2 NAME 'departmentNumber' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
2.16.840.1.113730.3.1.3 NAME 'employeeNumber' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15 \
SINGLE-VALUE
2.16.840.1.113730.3.1.4 NAME 'employeeType' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
2.16.840.1.113730.3.1.39 NAME 'preferredLanguage' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15 \
SINGLE-VALUE
2.16.840.1.113730.3.1.40 NAME 'userSMIMECertificate' SYNTAX ~5
2.16.840.1.113730.3.1.216 NAME 'userPKCS12' SYNTAX ~5
2.16.840.1.113730.3.1.241 NAME 'displayName' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15 \
SINGLE-VALUE
1.3.6.1.4.1.250.1.57 NAME 'labeledURI' EQUALITY caseExactMatch SUBSTR caseExactSubstringsMatch SYNTAX ~15
1.3.6.1.1.1.1.0 NAME 'uidNumber' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 SINGLE-VALUE
1.3.6.1.1.1.1.1 NAME 'gidNumber' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 SINGLE-VALUE
1.3.6.1.1.1.1.2 NAME 'gecos' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15 SINGLE-VALUE
1.3.6.1.1.1.1.3 NAME 'homeDirectory' EQUALITY caseExactIA5Match SYNTAX ~26 SINGLE-VALUE
1.3.6.1.1.1.1.4 NAME 'loginShell' EQUALITY caseExactIA5Match SYNTAX ~26 SINGLE-VALUE
1.3.6.1.1.1.1.5 NAME 'shadowLastChange' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 SINGLE-VALUE
1.3.6.1.1.1.1.6 NAME 'shadowMin' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 SINGLE-VALUE
1.3.6.1.1.1.1.7 NAME 'shadowMax' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 SINGLE-VALUE
1.3.6.1.1.1.1.8 NAME 'shadowWarning' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 SINGLE-VALUE
1.3.6.1.1.1.1.9 NAME 'shadowInactive' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 SINGLE-VALUE
1.3.6.1.1.1.1.10 NAME 'shadowExpire' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 SINGLE-VALUE
1.3.6.1.1.1.1.11 NAME 'shadowFlag' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 SINGLE-VALUE
1.3.6.1.1.1.1.12 NAME 'memberUid' EQUALITY caseExactIA5Match SYNTAX ~26
1.3.6.1.1.1.1.13 NAME 'memberNisNetgroup' EQUALITY caseExactIA5Match SYNTAX ~26
1.3.6.1.1.1.1.14 NAME 'nisNetgroupTriple' EQUALITY caseIgnoreIA5Match SYNTAX ~26
1.3.6.1.1.1.1.15 NAME 'ipServicePort' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 SINGLE-VALUE
1.3.6.1.1.1.1.16 NAME 'ipServiceProtocol' EQUALITY caseIgnoreMatch SYNTAX ~15
1.3.6.1.1.1.1.17 NAME 'ipProtocolNumber' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 SINGLE-VALUE
1.3.6.1.1.1.1.18 NAME 'oncRpcNumber' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 SINGLE-VALUE
1.3.6.1.1.1.1.19 NAME 'ipHostNumber' EQUALITY caseIgnoreIA5Match SYNTAX ~26
1.3.6.1.1.1.1.20 NAME 'ipNetworkNumber' EQUALITY caseIgnoreIA5Match SYNTAX ~26
1.3.6.1.1.1.1.21 NAME 'ipNetmaskNumber' EQUALITY caseIgnoreIA5Match SYNTAX ~26 SINGLE-VALUE
1.3.6.1.1.1.1.22 NAME 'macAddress' EQUALITY caseIgnoreIA5Match SYNTAX ~26
1.3.6.1.1.1.1.23 NAME 'bootParameter' EQUALITY caseExactIA5Match SYNTAX ~26
1.3.6.1.1.1.1.24 NAME 'bootFile' EQUALITY caseExactIA5Match SYNTAX ~26
1.3.6.1.1.1.1.26 NAME 'nisMapName' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ~15
1.3.6.1.1.1.1.27 NAME 'nisMapEntry' EQUALITY caseExactMatch SUBSTR caseExactSubstringsMatch SYNTAX ~15 SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.1 NAME 'pwdAttribute' EQUALITY objectIdentifierMatch SYNTAX ~38
1.3.6.1.4.1.42.2.27.8.1.2 NAME 'pwdMinAge' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.3 NAME 'pwdMaxAge' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.4 NAME 'pwdInHistory' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 \
SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.5 NAME 'pwdCheckQuality' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 \
SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.6 NAME 'pwdMinLength' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 \
SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.7 NAME 'pwdExpireWarning' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 \
SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.8 NAME 'pwdGraceAuthNLimit' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 \
SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.9 NAME 'pwdLockout' EQUALITY booleanMatch SYNTAX ~7 SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.10 NAME 'pwdLockoutDuration' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 \
SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.11 NAME 'pwdMaxFailure' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 \
SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.12 NAME 'pwdFailureCountInterval' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX \
~27 SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.13 NAME 'pwdMustChange' EQUALITY booleanMatch SYNTAX ~7 SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.14 NAME 'pwdAllowUserChange' EQUALITY booleanMatch SYNTAX ~7 SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.15 NAME 'pwdSafeModify' EQUALITY booleanMatch SYNTAX ~7 SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.16 NAME 'pwdChangedTime' EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch \
SYNTAX ~24 SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation
1.3.6.1.4.1.42.2.27.8.1.17 NAME 'pwdAccountLockedTime' EQUALITY generalizedTimeMatch ORDERING \
generalizedTimeOrderingMatch SYNTAX ~24 SINGLE-VALUE USAGE directoryOperation
1.3.6.1.4.1.42.2.27.8.1.19 NAME 'pwdFailureTime' EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch \
SYNTAX ~24 NO-USER-MODIFICATION USAGE directoryOperation
1.3.6.1.4.1.42.2.27.8.1.20 NAME 'pwdHistory' EQUALITY octetStringMatch SYNTAX ~40 NO-USER-MODIFICATION USAGE \
directoryOperation
1.3.6.1.4.1.42.2.27.8.1.21 NAME 'pwdGraceUseTime' EQUALITY generalizedTimeMatch SYNTAX ~24 NO-USER-MODIFICATION USAGE \
directoryOperation
1.3.6.1.4.1.42.2.27.8.1.22 NAME 'pwdReset' EQUALITY booleanMatch SYNTAX ~7 SINGLE-VALUE USAGE directoryOperation
1.3.6.1.4.1.42.2.27.8.1.23 NAME 'pwdPolicySubentry' EQUALITY distinguishedNameMatch SYNTAX ~12 SINGLE-VALUE USAGE \
directoryOperation
1.3.6.1.4.1.42.2.27.8.1.24 NAME 'pwdMinDelay' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 \
SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.25 NAME 'pwdMaxDelay' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 \
SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.26 NAME 'pwdMaxIdle' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 \
SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.27 NAME 'pwdStartTime' EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch \
SYNTAX ~24 SINGLE-VALUE USAGE directoryOperation
1.3.6.1.4.1.42.2.27.8.1.28 NAME 'pwdEndTime' EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch \
SYNTAX ~24 SINGLE-VALUE USAGE directoryOperation
1.3.6.1.4.1.42.2.27.8.1.29 NAME 'pwdLastSuccess' EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch \
SYNTAX ~24 SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation
1.3.6.1.4.1.42.2.27.8.1.30 NAME 'pwdGraceExpiry' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 \
SINGLE-VALUE
1.3.6.1.4.1.42.2.27.8.1.31 NAME 'pwdMaxLength' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ~27 \
SINGLE-VALUE
"""

PERSON_MAY = """title $ x121Address $ registeredAddress $ destinationIndicator $ preferredDeliveryMethod $ \
telexNumber $ \
teletexTerminalIdentifier $ telephoneNumber $ internationalISDNNumber $ facsimileTelephoneNumber $ street $ \
postOfficeBox $ postalCode $ postalAddress $ physicalDeliveryOfficeName $ st $ l"""
PLACE_MAY = """businessCategory $ description $ destinationIndicator $ facsimileTelephoneNumber $ \
internationalISDNNumber $ l $ physicalDeliveryOfficeName $ postalAddress $ postalCode $ postOfficeBox $ \
preferredDeliveryMethod $ registeredAddress $ searchGuide $ seeAlso $ st $ street $ telephoneNumber $ \
teletexTerminalIdentifier $ telexNumber $ userPassword $ x121Address"""

CLASSES = f"""
2.5.6.0 NAME 'top' ABSTRACT MUST objectClass
2.5.6.1 NAME 'alias' SUP top STRUCTURAL MUST aliasedObjectName
1.3.6.1.4.1.1466.101.120.111 NAME 'extensibleObject' SUP top AUXILIARY
2.5.20.1 NAME 'subschema' AUXILIARY MAY ( dITStructureRules $ nameForms $ dITContentRules $ objectClasses $ \
attributeTypes $ matchingRules $ matchingRuleUse )
2.5.17.0 NAME 'subentry' SUP top STRUCTURAL MUST cn
2.16.840.1.113730.3.2.6 NAME 'referral' SUP top STRUCTURAL MUST ref
2.5.6.2 NAME 'country' SUP top STRUCTURAL MUST c MAY ( searchGuide $ description )
2.5.6.3 NAME 'locality' SUP top STRUCTURAL MAY ( street $ seeAlso $ searchGuide $ st $ l $ description )
2.5.6.4 NAME 'organization' SUP top STRUCTURAL MUST o MAY ( {PLACE_MAY} )
2.5.6.5 NAME 'organizationalUnit' SUP top STRUCTURAL MUST ou MAY ( {PLACE_MAY} )
2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) MAY ( userPassword $ telephoneNumber $ seeAlso $ description )
2.5.6.7 NAME 'organizationalPerson' SUP person STRUCTURAL MAY ( {PERSON_MAY} $ ou )
2.5.6.8 NAME 'organizationalRole' SUP top STRUCTURAL MUST cn MAY ( x121Address $ registeredAddress $ \
destinationIndicator $ preferredDeliveryMethod $ telexNumber $ teletexTerminalIdentifier $ telephoneNumber $ \
internationalISDNNumber $ facsimileTelephoneNumber $ seeAlso $ roleOccupant $ street $ postOfficeBox $ postalCode $ \
postalAddress $ physicalDeliveryOfficeName $ ou $ st $ l $ description )
2.5.6.9 NAME 'groupOfNames' SUP top STRUCTURAL MUST ( member $ cn ) MAY ( businessCategory $ seeAlso $ owner $ ou $ \
o $ \
description )
2.5.6.10 NAME 'residentialPerson' SUP person STRUCTURAL MUST l MAY ( businessCategory $ {PERSON_MAY} )
2.5.6.11 NAME 'applicationProcess' SUP top STRUCTURAL MUST cn MAY ( seeAlso $ ou $ l $ description )
2.5.6.14 NAME 'device' SUP top STRUCTURAL MUST cn MAY ( serialNumber $ seeAlso $ owner $ ou $ o $ l $ description )
2.5.6.17 NAME 'groupOfUniqueNames' SUP top STRUCTURAL MUST ( uniqueMember $ cn ) MAY ( businessCategory $ seeAlso $ \
owner $ ou $ o $ description )
1.3.6.1.4.1.1466.344 NAME 'dcObject' SUP top AUXILIARY MUST dc
1.3.6.1.1.3.1 NAME 'uidObject' SUP top AUXILIARY MUST uid
0.9.2342.19200300.100.4.5 NAME 'account' SUP top STRUCTURAL MUST uid MAY ( description $ seeAlso $ l $ o $ ou $ host )
0.9.2342.19200300.100.4.6 NAME 'document' SUP top STRUCTURAL MUST documentIdentifier MAY ( cn $ description $ \
seeAlso $ \
l $ o $ ou $ documentTitle $ documentVersion $ documentAuthor $ documentLocation $ documentPublisher )
0.9.2342.19200300.100.4.7 NAME 'room' SUP top STRUCTURAL MUST cn MAY ( roomNumber $ description $ seeAlso $ \
telephoneNumber )
0.9.2342.19200300.100.4.9 NAME 'documentSeries' SUP top STRUCTURAL MUST cn MAY ( description $ l $ o $ ou $ seeAlso $ \
telephoneNumber )
0.9.2342.19200300.100.4.13 NAME 'domain' SUP top STRUCTURAL MUST dc MAY ( userPassword $ searchGuide $ seeAlso $ \
businessCategory $ x121Address $ registeredAddress $ destinationIndicator $ preferredDeliveryMethod $ telexNumber $ \
teletexTerminalIdentifier $ telephoneNumber $ internationalISDNNumber $ facsimileTelephoneNumber $ street $ \
postOfficeBox $ postalCode $ postalAddress $ physicalDeliveryOfficeName $ st $ l $ description $ o $ associatedName )
0.9.2342.19200300.100.4.17 NAME 'domainRelatedObject' SUP top AUXILIARY MUST associatedDomain
0.9.2342.19200300.100.4.18 NAME 'friendlyCountry' SUP country STRUCTURAL MUST co
0.9.2342.19200300.100.4.19 NAME 'simpleSecurityObject' SUP top AUXILIARY MUST userPassword
2.16.840.1.113730.3.2.2 NAME 'inetOrgPerson' SUP organizationalPerson STRUCTURAL MAY ( audio $ businessCategory $ \
carLicense $ departmentNumber $ displayName $ employeeNumber $ employeeType $ givenName $ homePhone $ \
homePostalAddress $ initials $ jpegPhoto $ labeledURI $ mail $ manager $ mobile $ o $ pager $ photo $ roomNumber $ \
secretary $ uid $ userCertificate $ x500UniqueIdentifier $ preferredLanguage $ userSMIMECertificate $ userPKCS12 )
1.3.6.1.4.1.250.3.1 NAME 'labeledURIObject' SUP top AUXILIARY MAY labeledURI
1.3.6.1.1.1.2.0 NAME 'posixAccount' SUP top AUXILIARY MUST ( cn $ uid $ uidNumber $ gidNumber $ homeDirectory ) MAY ( \
userPassword $ loginShell $ gecos $ description )
1.3.6.1.1.1.2.1 NAME 'shadowAccount' SUP top AUXILIARY MUST uid MAY ( userPassword $ shadowLastChange $ shadowMin $ \
shadowMax $ shadowWarning $ shadowInactive $ shadowExpire $ shadowFlag $ description )
1.3.6.1.1.1.2.2 NAME 'posixGroup' SUP top AUXILIARY MUST gidNumber MAY ( userPassword $ memberUid $ description )
1.3.6.1.1.1.2.3 NAME 'ipService' SUP top STRUCTURAL MUST ( cn $ ipServicePort $ ipServiceProtocol ) MAY description
1.3.6.1.1.1.2.4 NAME 'ipProtocol' SUP top STRUCTURAL MUST ( cn $ ipProtocolNumber ) MAY description
1.3.6.1.1.1.2.5 NAME 'oncRpc' SUP top STRUCTURAL MUST ( cn $ oncRpcNumber ) MAY description
1.3.6.1.1.1.2.6 NAME 'ipHost' SUP top AUXILIARY MUST ( cn $ ipHostNumber ) MAY ( userPassword $ l $ description $ \
manager )
1.3.6.1.1.1.2.7 NAME 'ipNetwork' SUP top STRUCTURAL MUST ipNetworkNumber MAY ( cn $ ipNetmaskNumber $ l $ \
description $ \
manager )
1.3.6.1.1.1.2.8 NAME 'nisNetgroup' SUP top STRUCTURAL MUST cn MAY ( nisNetgroupTriple $ memberNisNetgroup $ \
description )
1.3.6.1.1.1.2.9 NAME 'nisMap' SUP top STRUCTURAL MUST nisMapName MAY description
1.3.6.1.1.1.2.10 NAME 'nisObject' SUP top STRUCTURAL MUST ( cn $ nisMapEntry $ nisMapName )
1.3.6.1.1.1.2.11 NAME 'ieee802Device' SUP top AUXILIARY MAY macAddress
1.3.6.1.1.1.2.12 NAME 'bootableDevice' SUP top AUXILIARY MAY ( bootFile $ bootParameter )
1.3.6.1.4.1.42.2.27.8.2.1 NAME 'pwdPolicy' SUP top AUXILIARY MUST pwdAttribute MAY ( pwdMinAge $ pwdMaxAge $ \
pwdInHistory $ pwdCheckQuality $ pwdMinLength $ pwdMaxLength $ pwdExpireWarning $ pwdGraceAuthNLimit $ \
pwdGraceExpiry $ pwdLockout $ pwdLockoutDuration $ pwdMaxFailure $ pwdFailureCountInterval $ pwdMustChange $ \
pwdAllowUserChange $ pwdSafeModify $ pwdMinDelay $ pwdMaxDelay $ pwdMaxIdle )
"""
