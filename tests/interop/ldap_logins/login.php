<?php
// Log in as applications do: find the entry, bind with its name, read the groups. Arguments: URL, login, password.
[, $url, $login, $password] = $argv;
$base = "dc=homeport,dc=test";
$ldap = ldap_connect($url);
ldap_set_option($ldap, LDAP_OPT_PROTOCOL_VERSION, 3);
ldap_bind($ldap) or exit("no anonymous bind");
$filter = "(&(objectClass=person)(uid=" . ldap_escape($login, "", LDAP_ESCAPE_FILTER) . "))";
$found = ldap_get_entries($ldap, ldap_search($ldap, $base, $filter, ["cn", "mail"]));
$dn = $found[0]["dn"];
$right = @ldap_bind($ldap, $dn, $password);
$code = $right ? 0 : ldap_errno($ldap);
ldap_bind($ldap);
$member = "(&(objectClass=groupOfNames)(member=" . ldap_escape($dn, "", LDAP_ESCAPE_FILTER) . "))";
$groups = ldap_get_entries($ldap, ldap_search($ldap, "ou=groups,$base", $member, ["cn"]));
$names = array_map(fn($one) => $one["cn"][0], array_filter($groups, "is_array"));
sort($names);
echo implode("|", [$dn, $found[0]["cn"][0], $code, implode(",", $names)]), "\n";
