package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/apiclient/simulator"
)

// TestQuiet: whichever way a command ends, --quiet prints nothing where its exit code
// is 0, and otherwise all that is printed without it, but for progress and the log.
func TestQuiet(t *testing.T) {
	t.Parallel()
	for name, w := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var outs [2]outcome
			for i, quiet := range []string{"--log-level=warn", "--quiet"} {
				dir := t.TempDir()
				writeText(t, filepath.Join(dir, "main.hcl"), w.files)
				sim := simulator.New(simulator.Options{Seed: 1, Account: w.live(), Faults: simulator.Faults{Rules: w.rules}})
				for _, command := range []string{w.before, w.command} {
					args := append(strings.Fields(command), "--endpoint", "https://domain.example", "--state", filepath.Join(dir, "state"))
					if !strings.Contains(command, "--dir") {
						args = append(args, "--dir", dir)
					}
					if !strings.Contains(command, "--log-level") {
						args = append(args, quiet)
					}
					if command != "" {
						outs[i] = hereOver(t, sim.Transport(), args...)
					}
				}
			}
			loud, quiet := outs[0], outs[1]
			switch {
			case quiet.code != w.code || loud.code != w.code:
				t.Errorf("the exit codes are %d and %d, want %d", loud.code, quiet.code, w.code)
			case w.code == exitDone && quiet.stdout+quiet.stderr != "":
				t.Errorf("nobody is needed, and it prints\n%s%s", quiet.stdout, quiet.stderr)
			case needsPerson(w) != strings.HasPrefix(quiet.stdout, "What needs a person:\n"):
				t.Errorf("what needs a person does not stand first:\n%s", quiet.stdout)
			case !needsPerson(w) && loud.stdout == "" && quiet.stdout != "":
				t.Errorf("without --quiet nothing is on standard output, and with it\n%s", quiet.stdout)
			case w.code != exitDone && (!strings.Contains(quiet.stdout, head(loud.stdout)) || withoutRequest(quiet.stderr) != withoutRequest(loud.stderr) || quiet.stderr == ""):
				t.Errorf("it prints\n%s%s\nand without --quiet\n%s%s", quiet.stdout, quiet.stderr, loud.stdout, loud.stderr)
			}
		})
	}
}

// withoutRequest is the last line of a text without the number of a request.
func withoutRequest(text string) string {
	return regexp.MustCompile(`request [0-9A-F-]+`).ReplaceAllString(lastLine(text), "")
}

// needsPerson reports whether a way ends with conditions, and not with an error.
func needsPerson(w way) bool {
	return w.code != exitDone && w.reason != becauseError
}

// head is the first line of a text that tells no time.
func head(text string) string {
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "read ") {
			return line
		}
	}
	return ""
}

// TestQuietOfOtherForms: what a program reads was asked for.
func TestQuietOfOtherForms(t *testing.T) {
	t.Parallel()
	w := newEndWorld(t)
	makeReports(t, w)
	for command, want := range map[string]string{
		"plan --format json": `"format_version"`, "plan --json": `"type":"ended"`, "plan --format markdown": "example.com",
		"plan --out -": `"format_version"`, "plan": "", "plan --format text": "", "apply --auto-approve": "",
	} {
		t.Run(command, func(t *testing.T) {
			w := newEndWorld(t)
			makeReports(t, w)
			out := w.run(t, append(strings.Fields(command), "--quiet")...).want(t, exitDone)
			if !strings.Contains(out.stdout, want) || want == "" && out.stdout != "" || out.stderr != "" {
				t.Errorf("it prints\n%s%s\nwant %q", out.stdout, out.stderr, want)
			}
		})
	}
	var stderr strings.Builder
	a := newApp(strings.NewReader(""), w.stdout, &stderr)
	if code := a.execute(t.Context(), []string{"validate", "--quiet", "--dir", w.dir}); code != exitDone || w.stdout.String()+stderr.String() != "" {
		t.Errorf("validate --quiet: %d\n%s%s", code, w.stdout.String(), stderr.String())
	}
}

// TestHold: texts come in the order in which they were written, none is lost without
// a word, and what was asked for is never held.
func TestHold(t *testing.T) {
	t.Parallel()
	var out, lost strings.Builder
	h := new(hold)
	one, two, asked := h.over(&out), h.over(&out), h.over(&out)
	asked.results = true
	write := func(w *heldWriter, text string) {
		if n, err := w.Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	h.begin()
	write(one, "a")
	write(asked, "x")
	write(two, "b")
	write(one, strings.Repeat("c", heldBytes))
	if err := h.release(&lost); err != nil || out.String() != "xab" || !strings.Contains(lost.String(), "4,194,304 bytes more") {
		t.Errorf("%v: %q, %q", err, out.String(), lost.String())
	}
	write(one, "d")
	h.begin()
	write(one, "e")
	h.drop()
	if write(two, "f"); out.String() != "xabdf" {
		t.Errorf("%q", out.String())
	}
	h.begin()
	broken := h.over(&brokenWriter{broken: true})
	write(broken, "g")
	if err := h.release(&lost); err == nil {
		t.Error("what cannot be written is no error")
	}
}
