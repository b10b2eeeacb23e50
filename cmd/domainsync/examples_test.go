package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const examples = "../../examples"

// TestExamples does what the README of each example says, in a copy of its
// directory: the commands of its sh blocks end with the exit code that a comment
// names (0), and print the lines of the text block that follows, in order.
func TestExamples(t *testing.T) {
	t.Parallel()
	list := readText(t, filepath.Join(examples, "README.md"))
	readmes, err := filepath.Glob(filepath.Join(examples, "*", "README.md"))
	if err != nil || len(readmes) == 0 {
		t.Fatalf("no example was found (%v)", err)
	}
	for _, readme := range readmes {
		dir := filepath.Dir(readme)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(list, "]("+filepath.Base(dir)+"/)") {
				t.Error("examples/README.md does not list it")
			}
			follow(t, copyOf(t, dir), readText(t, readme))
		})
	}
}

func copyOf(t *testing.T, dir string) string {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "example")
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return copied
}

// A newcomer does what a README says.
type newcomer struct {
	t        *testing.T
	dir      string
	endpoint string
	stdout   string // of the last command
	commands int
	left     bool // the shell of the simulator
}

// shellFlags have the simulator run a shell at a port that is free, and end with it.
const shellFlags = " --log-level warn -- bash"

var fences = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

func follow(t *testing.T, dir, text string) {
	t.Helper()
	r := &newcomer{t: t, dir: dir}
	for _, block := range fences.FindAllStringSubmatch(text, -1) {
		switch block[1] {
		case "sh":
			for line := range strings.Lines(block[2]) {
				r.do(strings.TrimSpace(line))
			}
		case "text":
			r.compare(block[2])
		}
	}
	if r.endpoint == "" || !r.left {
		t.Error("the shell of the simulator is not left")
	}
	if r.commands < 2 {
		t.Errorf("%d commands were found: was the README read?", r.commands)
	}
}

// do runs one line.
func (r *newcomer) do(line string) {
	r.t.Helper()
	line, comment, _ := strings.Cut(line, " # ")
	words := strings.Fields(strings.ReplaceAll(line, "'", ""))
	switch {
	case len(words) == 0:
	case r.left:
		r.t.Fatalf("the account is gone: %s", line)
	case line == "exit":
		r.left = true
	case words[0] == "cp" && len(words) == 3:
		writeText(r.t, filepath.Join(r.dir, words[2]), readText(r.t, filepath.Join(r.dir, words[1])))
	case words[0] == "domainsync" && words[1] == "simulator":
		r.simulate(line)
	case words[0] == "domainsync":
		r.run(words[1:], comment)
	default:
		r.t.Fatalf("the test cannot do this: %s", line)
	}
}

// simulate starts the simulator, for the shell that it would run.
func (r *newcomer) simulate(line string) {
	r.t.Helper()
	if !strings.HasSuffix(line, shellFlags) || strings.Contains(line, "--listen") {
		r.t.Fatalf("a simulator has a free port, and ends with a shell, as by%s: %s", shellFlags, line)
	}
	args := strings.Fields(strings.TrimSuffix(line, shellFlags))[2:]
	s, err := startSimulatorProcess(program(r.t), r.dir, args...)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(s.stop)
	r.endpoint = s.endpoint
}

func (r *newcomer) run(args []string, comment string) {
	r.t.Helper()
	want := 0
	if code, ok := strings.CutPrefix(strings.TrimSpace(comment), "exit code "); ok {
		var err error
		if want, err = strconv.Atoi(code); err != nil {
			r.t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(r.t.Context(), program(r.t), args...)
	cmd.Dir, cmd.Env = r.dir, append(append(os.Environ(), testKey...), endpointVariable+"="+r.endpoint)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		r.t.Fatal(err)
	}
	outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}.want(r.t, want)
	r.commands++
	r.stdout = stdout.String()
}

// compare wants the lines of a text in what was printed last, in order.
func (r *newcomer) compare(text string) {
	r.t.Helper()
	lookFor(r.t, r.stdout, text)
}
