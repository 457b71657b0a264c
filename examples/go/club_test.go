package club

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// The fields that these tests read of the API's answers.
type (
	messages struct {
		Messages []struct{ Subject string }
		TimedOut bool `json:"timed_out"`
	}
	events        struct{ Items []struct{ Code string } }
	findingCounts struct{ Counts map[string]int }
)

// SendMail starts TLS where a server offers it and trusts only the system's authorities; the listener plain does not offer it.
var mail = object{"services": []string{"smtp"}}

func refuse(code, times int) object {
	reply := object{"reply": object{"code": code}}
	return object{"service": "smtp", "match": object{"verb": "RCPT"}, "do": reply, "times": times}
}

// replies returns the codes of the replies to RCPT.
func replies(world *World) (codes []string) {
	var seen events
	world.Get("events?type=command&text=RCPT", &seen)
	for _, event := range seen.Items {
		codes = append(codes, event.Code)
	}
	return codes
}

// findings counts what clients did wrong, by finding.
func findings(world *World) map[string]int {
	var seen findingCounts
	world.Get("findings", &seen)
	return seen.Counts
}

func TestMailRefusedOnceIsRetried(t *testing.T) {
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
	if codes := replies(world); !reflect.DeepEqual(codes, []string{"451", "250"}) {
		t.Errorf("RCPT was answered %v", codes)
	}
	// SendMail gives its host name as localhost, and leaves without QUIT if a recipient is refused.
	if counts := findings(world); !reflect.DeepEqual(counts, map[string]int{"smtp.helo-not-fqdn": 2, "smtp.no-quit": 1}) {
		t.Errorf("findings: %v", counts)
	}
}

func TestMailRefusedForGoodIsNotRetried(t *testing.T) {
	t.Parallel()
	world := newWorld(t, mail)
	world.Fail(refuse(550, 0))
	if err := Welcome(world.At("smtp", "plain"), "bob@example.org", time.Millisecond); err == nil {
		t.Error("no error was returned")
	}
	if codes := replies(world); !reflect.DeepEqual(codes, []string{"550"}) {
		t.Errorf("RCPT was answered %v", codes)
	}
}

func TestLineEndingInLFAloneIsAFinding(t *testing.T) {
	t.Parallel()
	world := newWorld(t, object{"services": []string{"finger"}})
	server := world.At("finger", "tcp")
	answer, err := Finger(server, "alice", "\r\n")
	if err != nil || !strings.Contains(answer, "Alice Liddell") {
		t.Errorf("the answer is %q (%v)", answer, err)
	}
	if counts := findings(world); len(counts) != 0 {
		t.Errorf("findings of a correct query: %v", counts)
	}
	if _, err := Finger(server, "alice", "\n"); err != nil {
		t.Error(err)
	}
	if counts := findings(world); !reflect.DeepEqual(counts, map[string]int{"finger.bare-lf": 1}) {
		t.Errorf("findings: %v", counts)
	}
}
