package config_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/internal/seedtest"
)

// origins are the ways in which a variable gets a value, the weakest first.
var origins = []string{"default", "environment", "a.auto.vars.hcl", "b.auto.vars.hcl", "command line"}

// TestTheLaterOriginWins gives a variable a value in any set of ways, and on the command
// line in any order of flags and files: the strongest way wins, and of the command line
// the last.
func TestTheLaterOriginWins(t *testing.T) {
	t.Parallel()
	seed := seedtest.First(t)
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // it draws cases, not secrets
	for range 200 {
		dir, opts, want := t.TempDir(), config.Options{Environment: map[string]string{"other": "unused"}}, ""
		block := "variable \"reason\" {}\n"
		values := make(map[string]string)
		for _, origin := range origins {
			if random.IntN(2) == 0 {
				continue
			}
			want = origin
			switch origin {
			case "default":
				block = "variable \"reason\" {\n  default = \"default\"\n}\n"
			case "environment":
				opts.Environment["reason"] = want
			case "command line":
				want = commandLine(random, dir, &opts, values)
			default:
				values[origin] = want
			}
		}
		values["main.hcl"] = block + "domain \"example.com\" {\n  lapse = var.reason\n}\n"
		values["unread.vars.hcl"] = "reason = \"of a file that nobody named\"\n"
		for name, text := range values {
			if name != "main.hcl" && name != "unread.vars.hcl" {
				text = fmt.Sprintf("reason = %q\n", text)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p, diags := config.Load(dir, opts)
		switch {
		case want == "":
			if said := diags.String(); p != nil || !strings.Contains(said, "No value for variable") || !strings.Contains(said, "DOMAINSYNC_VAR_reason") {
				t.Fatalf("no value: %s", said)
			}
		case p == nil:
			t.Fatal(diags)
		case fmt.Sprint(p.Domains[0].Value("lapse")) != want:
			t.Fatalf("%v of %v and %v, want %q", p.Domains[0].Value("lapse"), values, opts, want)
		}
	}
}

// commandLine gives values by flags and files in a random order, and returns the last.
func commandLine(random *rand.Rand, dir string, opts *config.Options, values map[string]string) (last string) {
	for i := range 1 + random.IntN(4) {
		last = fmt.Sprintf("value %d", i)
		if random.IntN(2) == 0 {
			opts.CommandLine = append(opts.CommandLine, config.ValueFlag{Name: "reason", Value: last})
			continue
		}
		name := fmt.Sprintf("%d.vars.hcl", i)
		values[name] = last
		opts.CommandLine = append(opts.CommandLine, config.ValueFlag{File: filepath.Join(dir, name)})
	}
	return last
}

// TestValuesOfUndeclaredVariables: a flag, and a file of the directory itself, that sets
// what nothing declares is a mistake; a file of the command line may be for many
// directories, and the environment is for everything that runs there.
func TestValuesOfUndeclaredVariables(t *testing.T) {
	t.Parallel()
	shared := filepath.Join(t.TempDir(), "shared.vars.hcl")
	if err := os.WriteFile(shared, []byte("ownr = \"x\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		auto     string
		opts     config.Options
		accepted bool
		want     string
	}{
		"flag":        {opts: config.Options{CommandLine: []config.ValueFlag{{Name: "ownr", Value: "x"}}}, want: `Did you mean "owner"?`},
		"own file":    {auto: "ownr = \"x\"\n", want: `Did you mean "owner"?`},
		"file":        {opts: config.Options{CommandLine: []config.ValueFlag{{File: shared}}}, accepted: true, want: `Did you mean "owner"?`},
		"environment": {opts: config.Options{Environment: map[string]string{"ownr": "x"}}, accepted: true},
	} {
		p, diags := config.LoadFS(fstest.MapFS{
			"main.hcl":             {Data: []byte("variable \"owner\" {\n  default = \"y\"\n}\ndomain \"example.com\" {\n  lapse = var.owner\n}\n")},
			"values.auto.vars.hcl": {Data: []byte(test.auto)},
		}, test.opts)
		if said := diags.String(); (p != nil) != test.accepted || !strings.Contains(said, test.want) || test.want == "" && said != "" {
			t.Errorf("%s: accepted %v: %s", name, p != nil, said)
		}
	}
}

// TestValuesHaveTheirPlace: whatever is wrong with a value is told where the value
// stands.
func TestValuesHaveTheirPlace(t *testing.T) {
	t.Parallel()
	const block = "variable \"servers\" {\n  type = list(string)\n}\ndomain \"example.com\" {\n  nameservers = var.servers\n}\n"
	for name, test := range map[string]struct {
		auto string
		opts config.Options
		want []string
	}{
		"type in the directory's file": {auto: "\nservers = { a = 1 }\n", want: []string{"on x.auto.vars.hcl line 2", "does not fit its type, list(string)"}},
		"syntax of that file":          {auto: "servers = [\n", want: []string{"on x.auto.vars.hcl line"}},
		"a block in that file":         {auto: "domain \"example.org\" {}\n", want: []string{"on x.auto.vars.hcl line 1"}},
		"environment":                  {opts: config.Options{Environment: map[string]string{"servers": "["}}, want: []string{"on DOMAINSYNC_VAR_servers line 1", `DOMAINSYNC_VAR_servers='["a", "b"]'`}},
		"flag":                         {opts: config.Options{CommandLine: []config.ValueFlag{{Name: "servers", Value: "["}}}, want: []string{"on --var servers line 1", `--var 'servers=["a", "b"]'`}},
	} {
		files := fstest.MapFS{"main.hcl": {Data: []byte(block)}}
		if test.auto != "" {
			files["x.auto.vars.hcl"] = &fstest.MapFile{Data: []byte(test.auto)}
		}
		p, diags := config.LoadFS(files, test.opts)
		said := diags.String()
		if p != nil || slices.ContainsFunc(test.want, func(s string) bool { return !strings.Contains(said, s) }) {
			t.Errorf("%s: %s, want %q", name, said, test.want)
		}
	}
}

// TestMistakesQuoteNoSensitiveValue: wherever the value of a sensitive variable comes
// from, what is wrong with how it is written does not tell it.
func TestMistakesQuoteNoSensitiveValue(t *testing.T) {
	t.Parallel()
	const secret = "hunter"
	given := make(map[string]config.ValueFlag)
	for ending, texts := range map[string][]string{
		".json": {`{"word": hunter}`, `{"word": ["hunter", hunter]}`, `{"word": "hunter}`, `{"word": {"a": 1}, "hunter": hunter}`},
		".hcl":  {"word = { a = 1 }.hunter", `word = { a = 1 }["hunter"]`, "word = hunter(1)", `word = "hunter`, `word = "hunter"`},
	} {
		for _, text := range texts {
			file := filepath.Join(t.TempDir(), "given"+ending)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			given[text] = config.ValueFlag{File: file}
			if value, ok := strings.CutPrefix(text, "word = "); ok {
				given["--var "+text] = config.ValueFlag{Name: "word", Value: value}
			}
		}
	}
	for _, word := range []string{"true", `"yes"`, "1", "null", "yes"} {
		files := fstest.MapFS{"main.hcl": {Data: []byte("variable \"word\" {\n  type = list(string)\n  sensitive = " + word + "\n}\ndomain \"example.com\" {\n}\n")}}
		for text, value := range given {
			p, diags := config.LoadFS(files, config.Options{CommandLine: []config.ValueFlag{value}})
			if said := diags.String(); p != nil || !strings.Contains(said, "Error:") || strings.Contains(said, secret) {
				t.Errorf("sensitive = %s, %s: said %q", word, text, said)
			}
		}
	}
}
