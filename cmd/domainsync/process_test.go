package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The key that the simulator takes unless told otherwise.
var testKey = []string{"ALIBABA_CLOUD_ACCESS_KEY_ID=testid", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=testsecret"}

// buildBinary builds the program as users have it, but for what the linker is told.
func buildBinary(tb testing.TB, linked ...string) string {
	tb.Helper()
	binary := filepath.Join(tb.TempDir(), "domainsync")
	build := exec.CommandContext(tb.Context(), "go", "build", "-ldflags", strings.Join(linked, " "), "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

func writeText(tb testing.TB, file, text string) {
	tb.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// simulatorProcess is a running `domainsync simulator`.
type simulatorProcess struct {
	endpoint string
	stop     func()
}

// startSimulatorProcess starts a simulator and waits until it listens.
func startSimulatorProcess(binary, dir string, args ...string) (*simulatorProcess, error) {
	cmd := exec.Command(binary, append([]string{"simulator", "--quiet"}, args...)...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &simulatorProcess{stop: func() {
		cmd.Process.Signal(os.Interrupt) //nolint:errcheck // it may have ended
		cmd.Wait()                       //nolint:errcheck // its exit code is of no interest
	}}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	endpoint, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		s.stop()
		return nil, fmt.Errorf("the simulator's first line is %q: %w", line, err)
	}
	s.endpoint = endpoint
	return s, nil
}

// get reads one of the simulator's own pages.
func (s *simulatorProcess) get(tb testing.TB, page string, into any) {
	tb.Helper()
	resp, err := http.Get(s.endpoint + "/_simulator/" + page)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		tb.Fatalf("GET %s: %s", page, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		tb.Fatalf("GET %s: %v", page, err)
	}
}

// simulate starts a simulator that ends with the test.
func simulate(tb testing.TB, args ...string) *simulatorProcess {
	tb.Helper()
	s, err := startSimulatorProcess(program(tb), tb.TempDir(), args...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.stop)
	return s
}

// program returns the path of the test binary under the program's name.
func program(tb testing.TB) string {
	tb.Helper()
	binary, err := exec.LookPath("domainsync")
	if err != nil {
		tb.Fatal(err)
	}
	return binary
}

// outcome is how a command ended and what it said.
type outcome struct {
	code           int
	stdout, stderr string
}

// runProgram runs the program with the simulator's key.
func runProgram(tb testing.TB, args ...string) outcome {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), program(tb), args...)
	cmd.Env = append(os.Environ(), testKey...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			tb.Fatal(err)
		}
	}
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// want fails the test where the command ended otherwise.
func (o outcome) want(tb testing.TB, code int) outcome {
	tb.Helper()
	if o.code != code {
		tb.Fatalf("exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", o.code, code, tail(o.stdout), tail(o.stderr))
	}
	return o
}

func tail(text string) string {
	if len(text) > 4000 {
		return "…" + text[len(text)-4000:]
	}
	return text
}
