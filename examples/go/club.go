// Package club is the code under test: a mailer that retries, and a Finger client.
package club

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"net/textproto"
	"time"
)

// Welcome sends a welcome mail. After a temporary refusal (4yz) it retries, up to three attempts.
func Welcome(server, to string, pause time.Duration) error {
	letter := fmt.Sprintf("From: club@client.test\r\nTo: %s\r\nSubject: Welcome\r\nDate: %s\r\n"+
		"Message-ID: <%d@client.test>\r\n\r\nGood to have you.\r\n",
		to, time.Now().Format(time.RFC1123Z), time.Now().UnixNano())
	for attempt := 1; ; attempt++ {
		err := smtp.SendMail(server, nil, "club@client.test", []string{to}, []byte(letter))
		var reply *textproto.Error
		if !errors.As(err, &reply) || reply.Code/100 != 4 || attempt == 3 {
			return err
		}
		time.Sleep(pause * time.Duration(attempt))
	}
}

// Finger queries a user; end is the line end.
func Finger(server, who, end string) (string, error) {
	conn, err := net.Dial("tcp", server)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, who+end); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return string(answer), err
}
