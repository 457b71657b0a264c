// Log in as Grafana does: find the entry, bind with its name, read the groups. Arguments: URL, login, password.
package main

import (
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/go-ldap/ldap"
)

const base = "dc=homeport,dc=test"

func search(connection *ldap.Conn, below, filter string) []*ldap.Entry {
	found, err := connection.Search(ldap.NewSearchRequest(below, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, filter, []string{"cn"}, nil))
	if err != nil {
		panic(err)
	}
	return found.Entries
}

func main() {
	connection, err := ldap.DialURL(os.Args[1])
	if err != nil {
		panic(err)
	}
	defer connection.Close()
	person := search(connection, base, fmt.Sprintf("(&(objectClass=person)(uid=%s))", ldap.EscapeFilter(os.Args[2])))[0]
	code := uint16(0)
	if err := connection.Bind(person.DN, os.Args[3]); err != nil {
		code = err.(*ldap.Error).ResultCode
	}
	names := []string{}
	for _, group := range search(connection, "ou=groups,"+base, fmt.Sprintf("(&(objectClass=groupOfNames)(member=%s))", ldap.EscapeFilter(person.DN))) {
		names = append(names, group.GetAttributeValue("cn"))
	}
	sort.Strings(names)
	fmt.Printf("%s|%s|%d|%s\n", person.DN, person.GetAttributeValue("cn"), code, strings.Join(names, ","))
}
