package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/internal/inert/inerttest"
)

// hostileDirectory is a configuration in which one text stands wherever a pull
// request can write one. TEXT is the text in quotes, RAW the text as it is.
const hostileDirectory = `
account {
  unmanaged = "report" # RAW
}
variable "v" {
  default     = TEXT
  description = TEXT
}
locals {
  table = csvdecode(file("table.csv"))
}
contact TEXT {
  type         = "enterprise"
  organization = TEXT
  name         = TEXT
  address      = TEXT
}
template TEXT {
  transfer_lock = true
}
domain "example.com" {
  tech  = { type = "enterprise", organization = TEXT, name = TEXT, city = TEXT }
  hosts = { (TEXT) = ["192.0.2.1"] }
}
domains TEXT {
  names         = [for row in local.table : row.name]
  transfer_lock = true
  nameservers   = [TEXT, "ns1.example.net"]
  lapse         = TEXT
}
hold TEXT {
  names  = ["example.com", TEXT]
  reason = TEXT
}
`

// goodDirectory can be planned: the text stands where any text may.
const goodDirectory = `
domain "example.com" {
  tech  = { type = "enterprise", organization = TEXT, name = TEXT, city = TEXT }
  lapse = TEXT
}
domain "held.com" {
  transfer_lock = true
}
hold "incident" {
  names  = ["held.com"]
  until  = "2126-01-01"
  reason = TEXT
}
`

// TestWhatFilesSayIsInert validates, plans and formats files whose texts, labels,
// comments, tables and names are hostile.
func TestWhatFilesSayIsInert(t *testing.T) {
	t.Parallel()
	live := filepath.Join(t.TempDir(), "live.json")
	writeText(t, live, `{"format_version":1,"account":"42","read_at":"2026-01-02T03:04:05Z","domains":[`+
		`{"name":"example.com","contacts":{"tech":{"organization":"Example Ltd","name":"Ada"}}},{"name":"held.com","transfer_lock":"OFF"}]}`)
	for i, text := range inerttest.Hostile() {
		for kind, source := range map[string]string{"bad": hostileDirectory, "good": goodDirectory} {
			t.Run(fmt.Sprintf("%s/%d", kind, i), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				writeText(t, filepath.Join(dir, "main.hcl"), spell(source, text))
				if kind == "bad" {
					writeText(t, filepath.Join(dir, "table.csv"), "name\n"+text+"\n\""+text+".com\"\n")
					writeNamed(t, dir, text)
				}
				for _, line := range []string{
					"validate", "fmt --check", "plan --live LIVE --details", "plan --live LIVE --format markdown",
					"plan --live LIVE --format json", "plan --live LIVE --format html", "plan --live LIVE --log-format json",
				} {
					args := append(strings.Fields(strings.ReplaceAll(line, "LIVE", live)), "--dir", dir)
					checkInert(t, line, strings.TrimPrefix(line, "plan --live LIVE --format "), here(t, args...))
				}
			})
		}
	}
}

// spell writes a text into a configuration.
func spell(source, text string) string {
	quoted := string(hclwrite.TokensForValue(cty.StringVal(strings.ToValidUTF8(text, "?"))).Bytes())
	return strings.NewReplacer("TEXT", quoted, "RAW", strings.ReplaceAll(text, "\n", " ")).Replace(source)
}

// writeNamed writes a broken file whose name is a text, where the system has
// such names.
func writeNamed(t *testing.T, dir, text string) {
	t.Helper()
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == 0 {
			return -1
		}
		return r
	}, text)
	if err := os.WriteFile(filepath.Join(dir, name+".hcl"), []byte("domain {"), 0o600); err != nil {
		t.Skip(err)
	}
}

// TestWhatTheCommandLineSaysIsInert: scripts put names of files, branches and
// pull requests on it.
func TestWhatTheCommandLineSaysIsInert(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), "domain \"example.com\" {}\n")
	for _, text := range inerttest.Hostile() {
		for _, args := range [][]string{
			{text},
			{"--" + text},
			{"plan", text},
			{"plan", "--target", text},
			{"plan", "--accept", text},
			{"plan", "--var", text},
			{"plan", "--var", text + "=" + text},
			{"plan", "--var-file", text},
			{"plan", "--live", text},
			{"plan", "--format", text},
			{"plan", "--out", dir + "/no/" + text},
			{"apply", text},
			{"apply", "--auto-approve=" + text},
			{"show", text},
			{"validate", "--dir", text},
			{"fmt", text},
			{"runs", "show", text},
			{"runs", text},
			{"check", "--file", text},
			{"api", "describe", text},
			{"api", "call", text},
			{"api", "call", "CheckDomain", text + "=x"},
			{"import", "--zone", text, "--out", dir + "/out"},
			{"simulator", "--listen", text},
			{"plan", "--endpoint", "ftp://" + text},
			{"runs", "list", "--state-dir", dir + "/" + text},
			{"plan", "--log-level", text},
			{"plan", "--qps", text},
			{"__complete", "plan", "--target", text},
		} {
			if args[0] != "validate" {
				args = append(args, "--dir", dir)
			}
			checkInert(t, fmt.Sprintf("%q", args), "", here(t, args...))
		}
	}
}

// TestSavedTextsAreInert prints what was saved: a plan, a report and a snapshot
// mean the same, and act on nobody who looks at the file.
func TestSavedTextsAreInert(t *testing.T) {
	t.Parallel()
	for _, text := range inerttest.Hostile() {
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			continue // no JSON holds it
		}
		dir := t.TempDir()
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		writeText(t, filepath.Join(dir, "main.hcl"), spell(goodDirectory, text))
		writeText(t, filepath.Join(dir, "live.json"), fmt.Sprintf(`{"format_version":1,"account":"42","read_at":"2026-01-02T03:04:05Z","domains":[`+
			`{"name":"example.com","contacts":{"tech":{"organization":%s,"name":"Ada"}}},{"name":"held.com","transfer_lock":"OFF"}],`+
			`"failures":[{"domain":"example.com","facts":1,"operation":%[1]s,"message":%[1]s,"request_id":%[1]s}]}`, quoted))
		plan := filepath.Join(dir, "plan.json")
		out := here(t, "plan", "--dir", dir, "--live", filepath.Join(dir, "live.json"), "--out", plan)
		saved, err := os.ReadFile(plan)
		if err != nil {
			t.Fatalf("%v\n%s%s", err, out.stdout, out.stderr)
		}
		if found := inerttest.Acts(string(saved)); found != "" {
			t.Errorf("%q: %s in the saved plan", text, found)
		}
		var p struct {
			Failures []struct{ Message string }
		}
		if err := json.Unmarshal(saved, &p); err != nil || len(p.Failures) != 1 || p.Failures[0].Message != text {
			t.Errorf("%q: the saved plan has %v, %v", text, p, err)
		}
		for _, form := range planFormats {
			checkInert(t, "show --format "+form, form, here(t, "show", plan, "--format", form))
		}
	}
}

// TestSnapshotsOfHostileTexts: a snapshot is inert, and read back as it was.
func TestSnapshotsOfHostileTexts(t *testing.T) {
	t.Parallel()
	for _, text := range inerttest.Hostile() {
		if !utf8.ValidString(text) {
			continue // no answer holds it
		}
		account := withEverything(time.Now())
		for i := range account.Domains {
			for role, c := range account.Domains[i].Contacts {
				c.Organization, c.Address = text, "1 "+text
				account.Domains[i].Contacts[role] = c
			}
		}
		sim := simulator.New(simulator.Options{Account: account, Seed: 1})
		out := hereOver(t, sim.Transport(), "snapshot", "--out", "-", "--endpoint", "http://127.0.0.1:1", "--qps", "10000").want(t, exitDone)
		if found := inerttest.Acts(out.stdout); found != "" {
			t.Errorf("%q: %s in the snapshot", text, found)
		}
		live, err := snapshot.Read(strings.NewReader(out.stdout))
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Join(strings.Fields("1 "+text), " ") // as contacts are compared
		for role, c := range live.Domain("signed.com").Contacts {
			if c.Address != want {
				t.Errorf("the address of the %s is %q, want %q", role, c.Address, want)
			}
		}
	}
}

// TestOutputHasOneWayOut: only main names the streams of the process, so that
// nothing is written past the writer.
func TestOutputHasOneWayOut(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		streams := strings.Contains(string(source), "os.Stdout") || strings.Contains(string(source), "os.Stderr")
		if main := file == "main.go"; !strings.HasSuffix(file, "_test.go") && streams != main {
			t.Errorf("%s: it writes to the process's streams: %v", file, streams)
		}
	}
}
