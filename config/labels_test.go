package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// loaded loads a configuration of one file, which must be right.
func loaded(t testing.TB, text string) *config.Portfolio {
	t.Helper()
	p, diags := loadOne(t, text)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return p
}

func loadOne(t testing.TB, text string) (*config.Portfolio, config.Diagnostics) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(dir, config.Options{})
}

func TestLabels(t *testing.T) {
	t.Parallel()
	many := make([]string, 21)
	for i := range many {
		many[i] = fmt.Sprintf("k%d = 1", i)
	}
	for text, want := range map[string]string{
		`{ owner = "web", "cost_centre" = 4711, flag = true }`: "cost_centre=4711, flag=true, owner=web",
		`{ b = "=x", a-b = "y", ab = "z" }`:                    "a-b=y, ab=z, b==x",
		`{ a = null, b = "" }`:                                 "",
		`{}`:                                                   "",
		`null`:                                                 "",
		`"web"`:                                                "error: labels must be texts by key",
		`["web"]`:                                              "error: labels must be texts by key",
		`{ "a b" = "x" }`:                                      `error: "a b" is no key of a label`,
		`{ "" = "x" }`:                                         `error: "" is no key of a label`,
		`{ a = ["x"] }`:                                        "error: a must be a text, not tuple",
		`{ a = "x\ny" }`:                                       "error: a must be a text of one line",
		`{ a = "` + strings.Repeat("x", 257) + `" }`: "error: a must be a text of one line with at most 256 characters",
		`{ ` + strings.Join(many, "\n") + ` }`:       "error: A name has at most 20 labels; these are 21.",
	} {
		p, diags := loadOne(t, `domain "example.com" { labels = `+text+` }`)
		if wanted, wrong := strings.CutPrefix(want, "error: "); wrong {
			if !diags.HasErrors() || !strings.Contains(diags.String(), wanted) {
				t.Errorf("%s: %s, want %q", text, diags, wanted)
			}
			continue
		}
		if diags.HasErrors() {
			t.Errorf("%s: %s", text, diags)
			continue
		}
		if got := p.Domains[0].Settings.Labels; got.String() != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		} else if again := attr.NewLabels(got.Map()); again != got {
			t.Errorf("%s: %q becomes %q", text, got, again)
		}
	}
}

func TestLabelsGet(t *testing.T) {
	t.Parallel()
	l := attr.NewLabels(map[string]string{"a": "1", "ab": "2=3", "b": ""})
	for key, want := range map[string]string{"a": "1", "ab": "2=3", "b": "", "c": "", "": ""} {
		if got := l.Get(key); got != want {
			t.Errorf("%q is %q, want %q", key, got, want)
		}
	}
}
