package main

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
)

const personsFiles = `
contact "legal" {
  type               = "enterprise"
  organization       = "Planted Ltd"
  name               = "Planted Person"
  email              = "planted-new@example.com"
  country            = "GB"
  province           = "Plantedshire"
  city               = "Plantedtown"
  address            = "2 Planted Street"
  postal_code        = "N1 77PLANTED"
  phone_country_code = "44"
  phone              = "2077770001"
}

domains "all" {
  names = ["alpha.com", "beta.com"]
  admin = contact.legal
  tech  = contact.legal
}
`

const personsLive = `{"format_version": 1, "account": "42", "read_at": "2026-01-02T03:04:05Z", "domains": [
{"name": "alpha.com", "contacts": {"admin": {"name": "Planted Before", "email": "planted-old@example.net", "city": "Plantedburgh", "country": "GB", "phone": "2077770002"}}},
{"name": "beta.com"}
]}`

// plantedText finds what was planted, in any case.
var plantedText = regexp.MustCompile(`(?i)[a-z0-9.@ -]*(planted|207777000)[a-z0-9.@ -]*`)

// hiddenText finds what stands for persons in what was read.
var hiddenText = regexp.MustCompile(`#hidden:[a-z]`)

// TestPersonsLieWhereTheyAreSaidTo: nothing that a run prints or logs, in any form,
// tells of persons, and in its state they lie in one kind of records and in what was
// read, until they are forgotten; then nowhere.
func TestPersonsLieWhereTheyAreSaidTo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	live := filepath.Join(t.TempDir(), "live.json")
	writeText(t, live, personsLive)
	writeText(t, filepath.Join(dir, "main.hcl"), personsFiles)
	sim, report := simulate(t, "--live", live), filepath.Join(t.TempDir(), "report.json")
	run := func(line string) {
		t.Helper()
		o := runProgram(t, append([]string{"--dir", dir, "--endpoint", sim.endpoint, "--log-level", "debug"}, strings.Fields(line)...)...).want(t, exitDone)
		for stream, said := range map[string]string{"stdout": o.stdout, "stderr": o.stderr} {
			if found := plantedText.FindString(said); found != "" {
				t.Errorf("%s: %s tells %q", line, stream, found)
			}
		}
	}
	for _, line := range []string{
		"plan", "plan --details", "plan --format json", "plan --format markdown", "plan --format html",
		"apply --auto-approve --json --report " + report, "apply --auto-approve --log-format json",
		"runs list", "runs show 1", "runs show 1 --format json", "report --format html", "report --format json", "state check --against-account",
	} {
		run(line)
	}
	if found := plantedText.FindString(readText(t, report)); found != "" {
		t.Errorf("the report tells %q", found)
	}
	state := filepath.Join(dir, ".domainsync")
	lies := recordsThatTell(t, filepath.Join(state, "journal.db"))
	if lies["persons"] == 0 || len(lies) != 1 {
		t.Errorf("persons lie in records of these kinds: %v", lies)
	}
	if n := filesWith(t, state, hiddenText)["readings"]; n == 0 {
		t.Error("what was read has no hash of a person: was it looked into?")
	}
	if n := tells(t, state)["readings"]; n > 0 {
		t.Errorf("%d files of what was read tell of persons", n)
	}
	run("state forget --before 2999-01-01 --yes")
	if lies := tells(t, state); len(lies) > 0 {
		t.Errorf("what was forgotten lies in %v", lies)
	}
	if lies := recordsThatTell(t, filepath.Join(state, "journal.db")); len(lies) > 0 {
		t.Errorf("what was forgotten lies in records of these kinds: %v", lies)
	}
	run("runs show 1 --show-personal")
}

// TestFormerPersonsAreMasked: somebody whom only the answer to an earlier run names, and
// neither the files nor the account any more, is not told of.
func TestFormerPersonsAreMasked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), personsFiles)
	live, err := snapshot.Read(strings.NewReader(personsLive))
	if err != nil {
		t.Fatal(err)
	}
	sim := simulator.New(simulator.Options{Seed: 1, Account: live, Faults: simulator.Faults{Rules: []simulator.Fault{
		{Kind: simulator.FailDetail, Names: []string{"alpha.com"}, Message: "Planted Before is unknown", Count: 1},
	}}})
	run := func(line string, code int) string {
		return hereOver(t, sim.Transport(), append(strings.Fields(line), "--endpoint", "https://domain.example", "--dir", dir)...).want(t, code).stdout
	}
	run("apply --auto-approve", exitFailed)
	run("apply --auto-approve", exitDone)
	for _, line := range []string{"domains show alpha.com", "domains show alpha.com --format json", "runs show 1", "runs show 1 --format json"} {
		if said := run(line, exitDone); plantedText.MatchString(said) || !strings.Contains(said, "P… B… is unknown") {
			t.Errorf("%s tells %q:\n%s", line, plantedText.FindString(said), said)
		}
	}
	if said := run("domains show alpha.com --show-personal", exitDone); !strings.Contains(said, "Planted Before is unknown") {
		t.Errorf("where persons are shown it is not told:\n%s", said)
	}
}

// recordsThatTell counts the records of a journal in which something was planted,
// by kind.
func recordsThatTell(t *testing.T, file string) map[string]int {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	rows, err := db.QueryContext(t.Context(), "SELECT kind, data FROM records")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := make(map[string]int)
	for rows.Next() {
		var kind string
		var data []byte
		if err := rows.Scan(&kind, &data); err != nil {
			t.Fatal(err)
		}
		if plantedText.Match(unpacked(t, data)) {
			found[kind]++
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// tells counts the files below a directory in which something was planted, by the
// first part of their path.
func tells(t *testing.T, dir string) map[string]int {
	t.Helper()
	return filesWith(t, dir, plantedText)
}

// filesWith counts the files below a directory that have a text, by the first part of
// their path.
func filesWith(t *testing.T, dir string, text *regexp.Regexp) map[string]int {
	t.Helper()
	found := make(map[string]int)
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil && text.Match(unpacked(t, data)) {
			below, _ := filepath.Rel(dir, path)
			first, _, _ := strings.Cut(below, string(filepath.Separator))
			found[first]++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// unpacked returns data as they were before they were compressed.
func unpacked(t *testing.T, data []byte) []byte {
	t.Helper()
	var r io.Reader = bytes.NewReader(data)
	var err error
	switch {
	case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
		r, err = gzip.NewReader(r)
	case bytes.HasPrefix(data, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		r, err = zstd.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// TestSnapshotWithoutPersons: the file tells of nobody, and a plan against it takes what
// it lacks for unknown, never for absent.
func TestSnapshotWithoutPersons(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	live, out, bare := filepath.Join(t.TempDir(), "live.json"), filepath.Join(dir, "whole.json"), filepath.Join(dir, "bare.json")
	writeText(t, live, personsLive)
	writeText(t, filepath.Join(dir, "main.hcl"), personsFiles)
	sim := simulate(t, "--live", live, "--verified-email", "planted@example.com")
	flags := []string{"--dir", dir, "--endpoint", sim.endpoint}
	runProgram(t, append(flags, "snapshot", "--out", out)...).want(t, exitDone)
	runProgram(t, append(flags, "snapshot", "--without-persons", "--out", bare)...).want(t, exitDone)
	if !plantedText.MatchString(readText(t, out)) {
		t.Fatal("the whole snapshot tells of nobody: the test shows nothing")
	}
	text := readText(t, bare)
	if found := plantedText.FindString(text); found != "" || hiddenText.MatchString(text) || strings.Contains(text, `"row"`) {
		t.Errorf("the snapshot without persons tells %q, or has hashes:\n%s", found, text)
	}
	o := runProgram(t, "--dir", dir, "plan", "--live", bare).want(t, exitFailed)
	if !strings.Contains(o.stdout, "The live state does not say: the admin contact") || !strings.Contains(o.stdout, "2 unknown") {
		t.Errorf("the plan says\n%s", o.stdout)
	}
}
