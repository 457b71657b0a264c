package club

// Start a farm for the package's tests and make a world for each test. Copy this file into your Go project.

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

// farm is the control URL of the farm: HOMEPORT_URL, or that of a farm that TestMain starts.
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

// startFarm starts a farm, which ends with its standard input, so at the latest with this process.
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

// object is a JSON object to send.
type object map[string]any

// newWorld makes a world and closes it after the test. want: services and config, as in POST /api/v1/worlds.
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

// At returns the address of a listener, as host:port.
func (w *World) At(service, listener string) string {
	control, _ := url.Parse(farm)
	return net.JoinHostPort(control.Hostname(), strconv.Itoa(w.Services[service][listener].Port))
}

// Fail plans a fault.
func (w *World) Fail(plan object) {
	w.t.Helper()
	w.ask("POST", w.path+"/faults", plan, nil)
}

// Get reads a resource of the world into answer.
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
