package club

// A farm for the package's tests, and a world for each test: all that Homeport needs of a project in Go.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// farm is the control URL of the farm that runs at HOMEPORT_URL, or else of our own.
var farm = os.Getenv("HOMEPORT_URL")

func TestMain(m *testing.M) {
	stop := func() {}
	if farm == "" {
		farm, stop = startFarm()
	}
	code := m.Run()
	stop()
	os.Exit(code)
}

// startFarm starts a farm that ends with its standard input, so at the latest with us.
func startFarm() (string, func()) {
	command := exec.Command("homeport", "up", "--ephemeral", "--quiet", "--until-eof")
	command.Stderr = os.Stderr
	lifeline, _ := command.StdinPipe()
	output, _ := command.StdoutPipe()
	if err := command.Start(); err != nil {
		log.Fatal(err)
	}
	var ready struct{ Control string }
	if err := json.NewDecoder(output).Decode(&ready); err != nil {
		log.Fatal("homeport did not start: ", err)
	}
	return ready.Control, func() {
		lifeline.Close()
		command.Wait()
	}
}

// World is a world of the farm.
type World struct {
	t        *testing.T
	path     string
	Services map[string]map[string]struct{ Port int }
}

// object is JSON to be sent.
type object map[string]any

// newWorld makes a world that lasts as long as the test. want: services and config, as POST /api/v1/worlds takes them.
func newWorld(t *testing.T, want object) *World {
	t.Helper()
	var ready struct{ World string }
	world := &World{t: t}
	var answer json.RawMessage
	world.ask("POST", "/api/v1/worlds", want, &answer)
	if json.Unmarshal(answer, &ready) != nil || json.Unmarshal(answer, world) != nil {
		t.Fatalf("no ready object: %s", answer)
	}
	world.path = "/api/v1/worlds/" + ready.World
	t.Cleanup(func() { world.ask("DELETE", world.path, nil, nil) })
	return world
}

// At is where a listener is, as host:port.
func (w *World) At(service, listener string) string {
	control, _ := url.Parse(farm)
	return net.JoinHostPort(control.Hostname(), strconv.Itoa(w.Services[service][listener].Port))
}

// Fail plans a fault.
func (w *World) Fail(plan object) {
	w.t.Helper()
	w.ask("POST", w.path+"/faults", plan, nil)
}

// Get asks for something of the world.
func (w *World) Get(what string, answer any) {
	w.t.Helper()
	w.ask("GET", w.path+"/"+what, nil, answer)
}

func (w *World) ask(method, path string, body, answer any) {
	w.t.Helper()
	content, _ := json.Marshal(body)
	if body == nil {
		content = nil
	}
	request, err := http.NewRequest(method, farm+path, bytes.NewReader(content))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token := os.Getenv("HOMEPORT_TOKEN"); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s", method, path, text)
	}
	if err == nil && answer != nil {
		err = json.Unmarshal(text, answer)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}
