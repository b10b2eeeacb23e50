package testrunner_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/testrunner"
)

// benchNames are as many names as the portfolios of benchmarks have.
const benchNames = 1000

// largeAccount writes a configuration of many names, and a snapshot of an account that
// is as it declares but for one name in a hundred.
func largeAccount(b testing.TB) (dir string) {
	b.Helper()
	dir = b.TempDir()
	at := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	account := &snapshot.Account{FormatVersion: snapshot.FormatVersion, ReadAt: at}
	var rows strings.Builder
	rows.WriteString("name\n")
	for i := range benchNames {
		d := snapshot.Domain{
			Name: fmt.Sprintf("n%04d.com", i), Registered: at.AddDate(-3, 0, 0), Expires: at.AddDate(0, 0, 62+i*300/benchNames), Nameservers: []string{"ns1.example.net", "ns2.example.net"},
			TransferLock: wire.Lock(i%100 > 0), UpdateLock: wire.LockOff, DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{},
		}
		account.Domains = append(account.Domains, d)
		fmt.Fprintln(&rows, d.Name)
	}
	var live bytes.Buffer
	if err := snapshot.Write(&live, account); err != nil {
		b.Fatal(err)
	}
	write(b, dir, "names.csv", rows.String())
	write(b, dir, "live.json", live.String())
	write(b, dir, "main.hcl", `
domains "all" {
  names         = csvdecode(file("names.csv"))[*].name
  nameservers   = ["ns1.example.net", "ns2.example.net"]
  transfer_lock = true
  renewal       = { min_days_left = 60 }
}

budget {
  amount   = 3000
  currency = "USD"
}

prices {
  com = { renew = 11 }
}
`)
	return dir
}

func write(t testing.TB, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// plays plays files of a directory side by side, as the command does.
func plays(b testing.TB, dir string, names ...string) {
	b.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close() //nolint:errcheck // it was only read from
	for _, r := range testrunner.PlayFiles(b.Context(), names, testrunner.Options{FS: root.FS(), Dir: dir}) {
		if r.Failed() {
			b.Fatalf("%s: %s %s", r.Name, r.Diagnostics, r.Explain(&r.Runs[0]))
		}
	}
}

// BenchmarkThousandTests plays 1,000 tests of a portfolio of 1,000 names, in files of
// ten.
func BenchmarkThousandTests(b *testing.B) {
	dir := largeAccount(b)
	var names []string
	for file := range 100 {
		text := "account {\n  live = \"live.json\"\n}\n"
		for run := range 10 {
			text += fmt.Sprintf("run \"r%d\" {\n  command = plan\n  assert {\n    condition     = plan.summary.changed == 10\n    error_message = \"%d\"\n  }\n}\n", run, file)
		}
		names = append(names, fmt.Sprintf("t%03d.test.hcl", file))
		write(b, dir, names[file], text)
	}
	for b.Loop() {
		plays(b, dir, names...)
	}
}

// BenchmarkYearOfNights plays a year of nights over 1,000 names, each of which is renewed
// within a budget.
func BenchmarkYearOfNights(b *testing.B) {
	dir := largeAccount(b)
	nights := 365
	if testing.Short() {
		nights = 12
	}
	write(b, dir, "year.test.hcl", fmt.Sprintf(`
account {
  live = "live.json"
}

run "a_year" {
  command = apply
  nights  = %d
  assert {
    condition     = simulator.spent > 10 * %d
    error_message = "${simulator.spent} were spent."
  }
}
`, nights, nights))
	for b.Loop() {
		plays(b, dir, "year.test.hcl")
	}
}

// TestGarbageIsCollectedSeldom holds that what tests make is collected in large pieces:
// a collection looks at all that is held, however little was made since the last one.
func TestGarbageIsCollectedSeldom(t *testing.T) {
	dir := largeAccount(t)
	write(t, dir, "nights.test.hcl", "account {\n  live = \"live.json\"\n}\nrun \"nights\" {\n  command = apply\n  nights  = 3\n}\n")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	plays(t, dir, "nights.test.hcl")
	runtime.ReadMemStats(&after)
	made, collections := after.TotalAlloc-before.TotalAlloc, after.NumGC-before.NumGC
	if most := made>>26 + 2; made < 64<<20 || uint64(collections) > most {
		t.Errorf("%d MB were made, and collected %d times", made>>20, collections)
	}
}
