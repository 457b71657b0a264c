// A registrar in Go, by the standard library alone: crypto/tls, encoding/binary, encoding/xml with namespaces.
//
//	go run epp_day.go PORT CA REGISTRAR PASSWORD
//
// It prints a line for each answer.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"io"
	"log"
	"os"
)

const urn = "urn:ietf:params:xml:ns:"

type answer struct {
	XMLName  xml.Name `xml:"urn:ietf:params:xml:ns:epp-1.0 epp"`
	Greeting *struct {
		Server  string   `xml:"svID"`
		Objects []string `xml:"svcMenu>objURI"`
	} `xml:"urn:ietf:params:xml:ns:epp-1.0 greeting"`
	Response *struct {
		Result []struct {
			Code int    `xml:"code,attr"`
			Text string `xml:"msg"`
		} `xml:"result"`
		Names []struct {
			Available bool   `xml:"avail,attr"`
			Name      string `xml:",chardata"`
		} `xml:"resData>chkData>cd>name"`
		Expires string `xml:"resData>creData>exDate"`
		Client  string `xml:"trID>clTRID"`
		Server  string `xml:"trID>svTRID"`
	} `xml:"urn:ietf:params:xml:ns:epp-1.0 response"`
}

type client struct {
	connection *tls.Conn
	sent       int
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func (c *client) read() answer {
	var length uint32
	must(binary.Read(c.connection, binary.BigEndian, &length))
	frame := make([]byte, length-4)
	_, err := io.ReadFull(c.connection, frame)
	must(err)
	var found answer
	must(xml.Unmarshal(frame, &found))
	return found
}

func (c *client) ask(command string) answer {
	c.sent++
	transaction := fmt.Sprintf("GO-%d", c.sent)
	frame := []byte(xml.Header + `<epp xmlns="` + urn + `epp-1.0"><command>` + command + `<clTRID>` + transaction +
		`</clTRID></command></epp>`)
	must(binary.Write(c.connection, binary.BigEndian, uint32(len(frame)+4)))
	_, err := c.connection.Write(frame)
	must(err)
	found := c.read()
	if found.Response.Client != transaction || found.Response.Server == "" {
		log.Fatalf("the answer to %s has the transaction %s", transaction, found.Response.Client)
	}
	return found
}

func of(verb, kind, inside string) string {
	return fmt.Sprintf(`<%s><%[2]s:%[1]s xmlns:%[2]s="%[3]s%[2]s-1.0">%[4]s</%[2]s:%[1]s></%[1]s>`, verb, kind, urn, inside)
}

func main() {
	authority, err := os.ReadFile(os.Args[2])
	must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	connection, err := tls.Dial("tcp", "localhost:"+os.Args[1], &tls.Config{RootCAs: roots})
	must(err)
	c := &client{connection: connection}
	greeting := c.read()
	fmt.Println("greeting", greeting.Greeting.Server, len(greeting.Greeting.Objects) >= 3)
	objects := ""
	for _, kind := range []string{"domain", "host", "contact"} {
		objects += "<objURI>" + urn + kind + "-1.0</objURI>"
	}
	login := "<login><clID>" + os.Args[3] + "</clID><pw>" + os.Args[4] + "</pw><options><version>1.0</version>" +
		"<lang>en</lang></options><svcs>" + objects + "</svcs></login>"
	fmt.Println("login", c.ask(login).Response.Result[0].Code)
	for _, one := range c.ask(of("check", "domain", "<domain:name>go.test</domain:name><domain:name>homeport.test"+
		"</domain:name>")).Response.Names {
		fmt.Println("check", one.Name, one.Available)
	}
	created := c.ask(of("create", "domain", "<domain:name>go.test</domain:name><domain:authInfo><domain:pw/>"+
		"</domain:authInfo>")).Response
	fmt.Println("create", created.Result[0].Code, created.Expires != "")
	fmt.Println("delete", c.ask(of("delete", "domain", "<domain:name>go.test</domain:name>")).Response.Result[0].Code)
	fmt.Println("logout", c.ask("<logout/>").Response.Result[0].Code)
	if _, err := connection.Read(make([]byte, 1)); err != io.EOF {
		log.Fatal("the server did not close after logout: ", err)
	}
}
