package config_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/domainsync/domainsync/config"
)

// liveNames are names that an account may hold, with why no file can declare
// them, "" where one can.
var liveNames = map[string]string{
	"example.com": "", "example.co.uk": "", "xn--bcher-kva.example.com": "below the registrable name", "xn--bcher-kva.com": "", "xn--fiqs8s": "is a suffix",
	// Below suffixes of the private section, and those themselves.
	"github.io": "", "example.github.io": "", "example.uk.com": "", "uk.com": "", "a.example.uk.com": `below the registrable name "example.uk.com"`,
	"www.a.github.io": `below the registrable name "a.github.io"`, "s3.amazonaws.com": `below the registrable name "amazonaws.com"`,
	"www.example.com": `below the registrable name "example.com"`, "my_site.com": "underscore", "my_site.github.io": "underscore",
	// What is odd.
	"example": "knows no suffix", "example.notld": "knows no suffix", "com": "is a suffix", "": "is empty", ".": "is empty", "a..b": "empty label",
	"xn--zzzzz-.com": "is no domain name", "-a.com": "begins or ends with a hyphen", strings.Repeat("a", 64) + ".com": "longer than 63",
	"a b.com": "no domain name", "*.com": "no domain name holds", "Example.com": `would be read as "example.com"`, "example.com.": "would be read as",
}

// TestNamesThatFilesCanDeclare: what CheckName lets through loads, in a block of
// its own and in one of many, and what it refuses does not.
func TestNamesThatFilesCanDeclare(t *testing.T) {
	for name, want := range liveNames {
		err := config.CheckName(name)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want …%s…", name, err, want)
		}
		if strings.HasPrefix(want, "would be") {
			continue // it loads, as another name
		}
		for _, text := range []string{
			"domain \"" + name + "\" {\n}\n", "domains \"some\" {\n  names = [\"" + name + "\"]\n}\n",
		} {
			_, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(text)}}, config.Options{})
			if diags.HasErrors() != (want != "") {
				t.Errorf("%s: %v", text, diags)
			}
		}
	}
}

// TestPricesOfPrivateSuffixes: names below them can have prices of their own.
func TestPricesOfPrivateSuffixes(t *testing.T) {
	const text = "prices {\n  uk_com = { renew = 30 }\n  com = { renew = 10 }\n}\ndomain \"example.uk.com\" {\n}\n"
	p, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(text)}}, config.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for name, want := range map[string]string{"example.uk.com": "30.00", "uk.com": "10.00", "example.com": "10.00"} {
		if got := p.PricesOf(name).Renew; got == nil || got.String() != want {
			t.Errorf("%s costs %v, want %s", name, got, want)
		}
	}
	_, diags = config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte("prices {\n  example_com = { renew = 1 }\n}\n")}}, config.Options{})
	if !diags.HasErrors() {
		t.Error("example.com is taken for a suffix")
	}
}
