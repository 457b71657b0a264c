package club

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// What is looked at of the API's answers.
type (
	messages struct {
		Messages []struct{ Subject string }
		TimedOut bool `json:"timed_out"`
	}
	events   struct{ Items []struct{ Code string } }
	findings struct{ Counts map[string]int }
)

// SendMail would start TLS and trust only what the system trusts, so these servers do not offer it.
var mail = object{"services": []string{"smtp"}}

func refuse(code, times int) object {
	reply := object{"reply": object{"code": code}}
	return object{"service": "smtp", "match": object{"verb": "RCPT"}, "do": reply, "times": times}
}

// tries are the replies to RCPT.
func tries(world *World) (codes []string) {
	var seen events
	world.Get("events?type=command&text=RCPT", &seen)
	for _, event := range seen.Items {
		codes = append(codes, event.Code)
	}
	return codes
}

// found is what clients did wrong, with how often.
func found(world *World) map[string]int {
	var seen findings
	world.Get("findings", &seen)
	return seen.Counts
}

func TestMailThatIsRefusedOnceIsSentAgain(t *testing.T) {
	t.Parallel()
	world := newWorld(t, mail)
	world.Fail(refuse(451, 1))
	if err := Welcome(world.At("smtp", "plain"), "bob@example.org", time.Millisecond); err != nil {
		t.Fatal(err)
	}

	var got messages
	world.Get("smtp/messages/wait?to=bob@example.org&timeout=5s", &got)
	if got.TimedOut || got.Messages[0].Subject != "Welcome" {
		t.Errorf("waited for a welcome, got %+v", got)
	}
	if codes := tries(world); !reflect.DeepEqual(codes, []string{"451", "250"}) {
		t.Errorf("RCPT was answered %v", codes)
	}
	// SendMail says that its host is localhost, and leaves without QUIT where a recipient is refused.
	if found := found(world); !reflect.DeepEqual(found, map[string]int{"smtp.helo-not-fqdn": 2, "smtp.no-quit": 1}) {
		t.Errorf("the mailer did wrong: %v", found)
	}
}

func TestMailThatIsRefusedForGoodIsNot(t *testing.T) {
	t.Parallel()
	world := newWorld(t, mail)
	world.Fail(refuse(550, 0))
	if err := Welcome(world.At("smtp", "plain"), "bob@example.org", time.Millisecond); err == nil {
		t.Error("nobody was told")
	}
	if codes := tries(world); !reflect.DeepEqual(codes, []string{"550"}) {
		t.Errorf("RCPT was answered %v", codes)
	}
}

func TestLineThatEndsWithLFAloneIsFoundOut(t *testing.T) {
	t.Parallel()
	world := newWorld(t, object{"services": []string{"finger"}})
	server := world.At("finger", "tcp")
	answer, err := Finger(server, "alice", "\r\n")
	if err != nil || !strings.Contains(answer, "Alice Liddell") {
		t.Errorf("the answer is %q (%v)", answer, err)
	}
	if found := found(world); len(found) != 0 {
		t.Errorf("found %v in what is right", found)
	}
	if _, err := Finger(server, "alice", "\n"); err != nil {
		t.Error(err)
	}
	if found := found(world); !reflect.DeepEqual(found, map[string]int{"finger.bare-lf": 1}) {
		t.Errorf("found %v", found)
	}
}
