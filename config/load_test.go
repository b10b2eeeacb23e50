package config_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

var update = flag.Bool("update", false, "rewrite what the scenarios in testdata expect")

// TestScenarios loads each testdata/*.txtar. Its comment may hold flags:
// --var NAME=VALUE, --var-file PATH and --root PATH, one a line, environment NAME=VALUE
// for a variable's value there, and link NAME TARGET for a symbolic link. The files
// want/diagnostics and want/portfolio are expected; files below outside/ lie beside the
// directory that is loaded.
func TestScenarios(t *testing.T) {
	t.Parallel()
	for name, a := range archives(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := runScenario(t, a)
			if *update {
				a.Files = append(inputs(a), got...)
				if err := os.WriteFile(filepath.Join("testdata", name+".txtar"), txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want := slices.DeleteFunc(slices.Clone(a.Files), func(f txtar.File) bool { return !expected(f) })
			if diff := cmp.Diff(texts(want), texts(got)); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// archives returns the scenarios by name.
func archives(t testing.TB) map[string]*txtar.Archive {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scenarios in testdata: %v", err)
	}
	all := make(map[string]*txtar.Archive)
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(path), ".txtar")] = a
	}
	return all
}

func expected(f txtar.File) bool { return strings.HasPrefix(f.Name, "want/") }

func inputs(a *txtar.Archive) []txtar.File {
	return slices.DeleteFunc(slices.Clone(a.Files), expected)
}

func texts(files []txtar.File) map[string]string {
	m := make(map[string]string)
	for _, f := range files {
		m[f.Name] = string(f.Data)
	}
	return m
}

// runScenario loads a scenario's files and returns what it expects.
func runScenario(t *testing.T, a *txtar.Archive) []txtar.File {
	t.Helper()
	base := t.TempDir()
	dir := filepath.Join(base, "config")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, f := range inputs(a) {
		path := filepath.Join(dir, f.Name)
		if rest, ok := strings.CutPrefix(f.Name, "outside/"); ok {
			path = filepath.Join(base, rest)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, diags := config.Load(dir, options(t, string(a.Comment), base, dir))
	var got []txtar.File
	if s := diags.String(); s != "" {
		s = strings.ReplaceAll(s, base+string(filepath.Separator), "")
		got = append(got, txtar.File{Name: "want/diagnostics", Data: []byte(s)})
	}
	if p != nil {
		got = append(got, txtar.File{Name: "want/portfolio", Data: []byte(dump(p))})
	}
	return got
}

func options(t *testing.T, comment, base, dir string) config.Options {
	t.Helper()
	opts := config.Options{Environment: make(map[string]string)}
	for line := range strings.Lines(comment) {
		fields := strings.SplitN(strings.TrimSpace(line), " ", 2)
		switch fields[0] {
		case "--var":
			name, value, _ := strings.Cut(fields[1], "=")
			opts.CommandLine = append(opts.CommandLine, config.ValueFlag{Name: name, Value: value})
		case "--var-file":
			opts.CommandLine = append(opts.CommandLine, config.ValueFlag{File: filepath.Join(base, fields[1])})
		case "environment":
			name, value, _ := strings.Cut(fields[1], "=")
			opts.Environment[name] = value
		case "--root":
			opts.Root = filepath.Join(base, fields[1])
		case "link":
			name, target, _ := strings.Cut(fields[1], " ")
			if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return opts
}

// dump writes a portfolio for people.
func dump(p *config.Portfolio) string {
	var b strings.Builder
	fmt.Fprintf(&b, "account id=%q endpoint=%q profile=%q unmanaged=%s\n", p.Account.ID, p.Account.Endpoint, p.Account.Profile, p.Account.Unmanaged)
	fmt.Fprintf(&b, "limits default=%v qps=%v batch=%d\n", p.Limits.DefaultQPS, p.Limits.QPS, p.Limits.BatchSize)
	if p.Alarm != config.DefaultAlarm() {
		fmt.Fprintf(&b, "alarm page=%d expiry=%d\n", p.Alarm.PageDays, p.Alarm.ExpiryDays)
	}
	if p.Refresh != config.DefaultRefresh() {
		fmt.Fprintf(&b, "refresh page_size=%d\n", p.Refresh.PageSize)
	}
	if r := p.Retention; r != (config.Retention{}) {
		fmt.Fprintf(&b, "retention personal=%s runs=%s\n", r.Personal, r.Runs)
	}
	for _, h := range slices.Sorted(maps.Keys(p.Drift)) {
		fmt.Fprintf(&b, "drift %s: %s, reported: %v\n", h, p.Drift[h], p.Drift.Reports(h))
	}
	g := p.Guard
	fmt.Fprintf(&b, "guard percent=%s delegations=%s released=%s failures=%s\n",
		limit(g.MaxChangePercent), limit(g.MaxDelegations), limit(g.MaxReleased), limit(g.MaxFailures))
	if p.Budget != nil {
		fmt.Fprintf(&b, "budget %s %s a %s\n", p.Budget.Amount, p.Budget.Currency, p.Budget.Per)
	}
	for _, suffix := range slices.Sorted(maps.Keys(p.Prices)) {
		x := p.Prices[suffix]
		fmt.Fprintf(&b, "prices %s register=%s renew=%s redeem=%s\n", suffix, price(x.Register), price(x.Renew), price(x.Redeem))
	}
	if x := g.RegistrantTransferProhibition; x != nil {
		fmt.Fprintf(&b, "registrants max=%s transfer_prohibition=%v\n", limit(g.MaxRegistrantChanges), *x)
	}
	for _, d := range p.Domains {
		fmt.Fprintf(&b, "%s (%s:%d)", d.Name, d.Source.Filename, d.Source.Start.Line)
		if d.Settings.TemporaryUnlock {
			b.WriteString(" temporary_unlock")
		}
		if d.Settings.KeepDS {
			b.WriteString(" keep_ds")
		}
		if a := p.AlarmOf(&d); d.Settings.ExpiryAlarmDays != 0 {
			fmt.Fprintf(&b, " alarm page=%d expiry=%d", a.PageDays, a.ExpiryDays)
		}
		b.WriteString("\n")
		for _, x := range d.Declared {
			fmt.Fprintf(&b, "  %s = %s (%s:%d)\n", x.Attribute.Name, x.Value, x.Source.Filename, x.Source.Start.Line)
		}
	}
	for _, h := range p.Holds {
		until := "for good"
		if !h.Until.IsZero() {
			until = "until " + h.Until.Format(time.RFC3339)
		}
		fmt.Fprintf(&b, "hold %q %s: %q %v%v (%s:%d)\n", h.Label, until, h.Reason, h.Names, h.Attributes, h.Source.Filename, h.Source.Start.Line)
	}
	for _, r := range p.Released {
		fmt.Fprintf(&b, "released %q: %q %v (%s:%d)\n", r.Label, r.Reason, r.Names, r.Source.Filename, r.Source.Start.Line)
	}
	return b.String()
}

func price(a *attr.Amount) string {
	if a == nil {
		return "none"
	}
	return a.String()
}

func limit(n *int) string {
	if n == nil {
		return "none"
	}
	return fmt.Sprint(*n)
}
