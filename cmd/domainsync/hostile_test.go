package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/inert/inerttest"
)

// distortion is how an answer is made hostile.
type distortion string

const (
	someTexts distortion = "texts that are neither names, numbers, times nor codes"
	allTexts  distortion = "all texts"
	refusals  distortion = "the code, message and request of a refusal"
)

// hostileService is a service whose answers hold hostile texts, each another.
type hostileService struct {
	service http.RoundTripper
	how     distortion
	offset  int
}

// sober matches what a program computes with: numbers, times, codes, addresses.
var sober = regexp.MustCompile(`^([A-Z0-9_]*|[a-z]+|[-0-9:. TZ]+|[^ ]+@[^ ]+)$`)

func (h hostileService) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := h.service.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	var tree any
	dec := json.NewDecoder(answer.Body)
	dec.UseNumber()
	if err := dec.Decode(&tree); err != nil {
		return nil, err
	}
	n := h.offset
	text := func() string { n++; return inerttest.Hostile()[n%len(inerttest.Hostile())] }
	if h.how == refusals {
		answer.StatusCode = http.StatusBadRequest
		tree = map[string]any{"Code": text(), "Message": text() + "\n" + text(), "RequestId": text(), "HostId": text()}
	}
	var data bytes.Buffer
	enc := json.NewEncoder(&data)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(h.distort(tree, "", text)); err != nil {
		return nil, err
	}
	answer.Body, answer.ContentLength = io.NopCloser(&data), int64(data.Len())
	answer.Header.Del("Content-Length")
	return answer, nil
}

func (h hostileService) distort(tree any, member string, text func() string) any {
	switch v := tree.(type) {
	case map[string]any:
		for name, value := range v {
			v[name] = h.distort(value, name, text)
		}
	case []any:
		for i := range v {
			v[i] = h.distort(v[i], member, text)
		}
	case string:
		if h.how == allTexts || h.how == someTexts && member != "DomainName" && !sober.MatchString(v) {
			return text()
		}
	}
	return tree
}

// commandLines are ways to run each command that asks the service.
var commandLines = map[string][]string{
	"api call": {"ListEmailVerification PageNum=1 PageSize=10", "QueryDomainByDomainName DomainName=signed.com", "QueryDomainList PageNum=1 PageSize=2 --all-pages"},
	"apply":    {"--auto-approve --report -"}, "audits cancel": {"1"}, "audits list": {""}, "audits show": {"1"},
	"check": {"signed.com", "free.com"}, "domains list": {"", "--columns all"}, "domains show": {"signed.com"}, "ds sync": {"signed.com"}, "hosts sync": {"signed.com"},
	"emails delete": {"late@example.com"}, "emails list": {""}, "emails resend": {"late@example.com"}, "emails verify": {"new@example.com"},
	"import": {"--out OUT"}, "log": {""}, "plan": {"", "--details --out -"}, "profiles list": {""}, "report": {"", "--section nameserver_sets"}, "snapshot": {"--out -"},
	"tasks ack": {"--all --yes", "TASK --yes"}, "tasks cancel": {"TASK"}, "tasks list": {"", "--state complete"}, "tasks show": {"TASK"}, "tasks wait": {"TASK"},
	"transfers in cancel": {"incoming.com"}, "transfers in code": {"incoming.com --code-file CODE --yes"}, "transfers in list": {""}, "transfers in order": {"elsewhere.com --code-file CODE --yes --max-price 100"}, "transfers in resend": {"incoming.com"}, "transfers in show": {"incoming.com"},
	"transfers out cancel": {"signed.com"}, "transfers out code": {"signed.com --yes"}, "transfers out show": {"signed.com"},
}

// silent are commands that print nothing from outside, or whose texts other
// tests make hostile.
var silent = []string{
	"api describe", "api list", "api policy", "audits submit", "console", "demo", "fmt", "jobs approve", "jobs backup", "jobs cancel", "jobs list", "jobs log", "jobs pause", "jobs reject", "jobs restore", "jobs resume", "jobs run", "jobs show", "jobs token", "notify test", "pause", "resume", "runs list", "runs money", "runs prune", "runs show", "serve", "show", "simulator",
	"state backup", "state check", "state forget", "state move", "state restore", "test", "undo", "unpause", "validate", "version",
}

// leaves calls f for each command that does something.
func leaves(c *cobra.Command, f func(c *cobra.Command, name string)) {
	if !c.HasSubCommands() {
		f(c, strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" "))
	}
	for _, sub := range c.Commands() {
		leaves(sub, f)
	}
}

// formsOf returns the forms in which a command prints.
func formsOf(c *cobra.Command) []string {
	flag := c.Flags().Lookup("format")
	if flag == nil {
		return []string{""}
	}
	_, forms, _ := strings.Cut(flag.Usage, ": ")
	forms, _, _ = strings.Cut(forms, " (")
	return strings.Split(forms, ", ")
}

// TestWhatTheServiceSaysIsInert runs every command in every form against a
// service whose texts are hostile.
func TestWhatTheServiceSaysIsInert(t *testing.T) {
	t.Parallel()
	covered := 0
	root := newRoot(newApp(strings.NewReader(""), io.Discard, io.Discard))
	leaves(root, func(c *cobra.Command, name string) {
		lines, known := commandLines[name]
		if known == slices.Contains(silent, name) {
			t.Errorf("%s: commandLines does not say how to run it", name)
		}
		covered += len(lines)
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			shown := 0
			for _, line := range lines {
				for _, form := range formsOf(c) {
					shown += runHostile(t, name, line, form)
				}
			}
			if known && shown == 0 {
				t.Errorf("it never printed a text of the service")
			}
		})
	})
	if covered < 30 {
		t.Errorf("%d command lines were run", covered)
	}
}

// runHostile runs a command against hostile texts, and returns how often it
// printed one.
func runHostile(t *testing.T, name, line, form string) (shown int) {
	t.Helper()
	args := append(strings.Fields(name), strings.Fields(line)...)
	if form != "" {
		args = append(args, "--format", form)
	}
	step := 7
	if testing.Short() {
		step = 20
	}
	for _, how := range []distortion{someTexts, allTexts, refusals} {
		for offset := 0; offset < len(inerttest.Hostile()); offset += step {
			out := againstHostile(t, how, offset, append(args, "--log-format", []string{"text", "json"}[offset%2])...)
			checkInert(t, strings.Join(args, " ")+", hostile are "+string(how), form, out)
			if escaped.MatchString(out.stdout + out.stderr) {
				shown++
			}
		}
	}
	return shown
}

// escaped matches what stands for a text that acted.
var escaped = regexp.MustCompile(`\\u\{|\\u00|\\u202|\\x|:\\:|##\\\[`)

// againstHostile runs a command for as long as it does not wait for the service.
func againstHostile(t *testing.T, how distortion, offset int, args ...string) outcome {
	t.Helper()
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), hostileFiles)
	writeText(t, filepath.Join(dir, "code"), "secret\n")
	sim := simulator.New(simulator.Options{Account: withEverything(time.Now()), Seed: 1})
	const endpoint = "http://127.0.0.1:1" // which only names the account
	hereOver(t, sim.Transport(), "api", "call", "SaveBatchTaskForUpdateProhibitionLock", "DomainName.1=signed.com", "Status=true", "--endpoint", endpoint).want(t, exitDone)
	places := map[string]string{"TASK": sim.Tasks()[0].TaskNo, "OUT": filepath.Join(dir, "out"), "CODE": filepath.Join(dir, "code")}
	args = slices.Clone(args)
	for i, arg := range args {
		args[i] = cmp.Or(places[arg], arg)
	}
	var stdout, stderr strings.Builder
	a := newApp(strings.NewReader(""), &stdout, &stderr)
	a.getenv, a.credentials = func(string) string { return "" }, simulatorKey
	a.transport = hostileService{sim.Transport(), how, offset}
	patience := 3 * time.Second
	if how == allTexts {
		patience = 200 * time.Millisecond // such an answer is asked for again and again
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	code := a.execute(ctx, append(args, "--dir", dir, "--qps", "10000", "--log-level", "debug", "--endpoint", endpoint))
	return outcome{code, stdout.String(), stderr.String()}
}

// hostileFiles want the account otherwise.
const hostileFiles = `
domains "all" {
  names         = ["signed.com", "cloud.com", "missing.com"]
  transfer_lock = true
  nameservers   = ["ns1.example.org", "ns2.example.org"]
}
`

// checkInert finds what acts in what a command wrote, and what programs could
// not read.
func checkInert(t *testing.T, command, form string, o outcome) {
	t.Helper()
	if form == asICal {
		o.stdout = strings.ReplaceAll(o.stdout, "\r\n", "\n") // its ends of lines
	}
	for stream, text := range map[string]string{"standard output": o.stdout, "standard error": o.stderr} {
		if found := inerttest.Acts(text); found != "" {
			t.Errorf("%s: %s on %s:\n%q", command, found, stream, text)
		}
	}
	if form == asJSON && o.stdout != "" && !strings.Contains(command, "--out -") && !json.Valid([]byte(o.stdout)) {
		t.Errorf("%s: this is no JSON:\n%s", command, o.stdout)
	}
	if form != asCSV {
		return
	}
	rows, err := csv.NewReader(strings.NewReader(o.stdout)).ReadAll()
	if err != nil {
		t.Errorf("%s: %v in\n%s", command, err, o.stdout)
	}
	for _, cell := range slices.Concat(rows...) {
		if inert.Cell(cell) != cell && !number.MatchString(cell) {
			t.Errorf("%s: the cell %q is a formula", command, cell)
		}
	}
}

var number = regexp.MustCompile(`^-?[0-9.]+$`)

// TestWhatARunRecordsIsInert shows runs whose tasks and results had hostile texts.
func TestWhatARunRecordsIsInert(t *testing.T) {
	t.Parallel()
	for offset, text := range inerttest.Hostile() {
		dir := t.TempDir()
		writeText(t, filepath.Join(dir, "main.hcl"), hostileFiles)
		recordHostile(t, filepath.Join(dir, ".domainsync"), text)
		for _, line := range []string{"runs list", "runs show 1", "resume --abandon"} {
			for _, form := range []string{"text", asJSON} {
				args := append(strings.Fields(line), "--dir", dir)
				if strings.HasPrefix(line, "runs") {
					args = append(args, "--format", form)
				}
				out := here(t, args...)
				checkInert(t, line, form, out)
				if offset == 0 && line == "runs show 1" && !strings.Contains(out.stdout, "set-output") {
					t.Errorf("the text is not shown: %s", out.stdout)
				}
			}
		}
	}
}

// recordHostile writes a journal in which a text stands wherever one can.
func recordHostile(t *testing.T, dir, text string) {
	t.Helper()
	ctx := t.Context()
	j, err := journal.Open(ctx, dir, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := j.Begin(ctx, journal.Run{Kind: journal.Apply, ConfigHash: text, PlanID: text, Plan: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	step := "a.example/hosts/" + text + "#set"
	batches, err := l.Intend(ctx, []journal.Intent{
		{Operation: text, Key: text, Request: map[string]string{text: text}, Steps: []string{step}, Names: []string{text}, At: now},
		{Operation: text, Key: text, Steps: []string{step}, Names: []string{text}, At: now},
		{Operation: text, Key: text, Steps: []string{step}, Names: []string{text}, At: now},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		l.Submit(ctx, journal.Submission{Batch: batches[0].Batch, Task: text, RequestID: text, At: now}),
		l.Settle(ctx, []journal.Result{{Batch: batches[0].Batch, Detail: text, Step: step, Message: text, RequestID: text, At: now}}),
		l.Acknowledge(ctx, []journal.Acknowledgement{{Detail: text, Note: text, At: now}}),
		l.Fail(ctx, journal.CallFailure{Batch: batches[1].Batch, Kind: journal.CallRefused, Code: text, Message: text, RequestID: text, At: now}),
		l.Conclude(ctx, []journal.Conclusion{{Batch: batches[2].Batch, Step: step, Verdict: journal.FoundNothing, Reason: text, At: now}}),
		l.Verify(ctx, []journal.Verification{{Change: "a.example/hosts/" + text, Verdict: text, Note: text, At: now}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}
