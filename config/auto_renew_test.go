package config_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/domainsync/domainsync/config"
)

// TestWhoRenews: a name that the service renews by itself is renewed by nobody else,
// and does not lapse. Where the service does not, either may be said.
func TestWhoRenews(t *testing.T) {
	t.Parallel()
	const renewal, lapse = "renewal = { min_days_left = 60 }\n", "lapse = \"sold\"\n"
	for _, test := range []struct{ template, block, want string }{
		{"", "auto_renew = true\n" + renewal, "error"},
		{"", lapse + "auto_renew = true\n", "error"},
		{"", "auto_renew = false\n" + renewal, "renewal auto_renew"},
		{"", lapse + "auto_renew = false\n", "lapse auto_renew"},
		{renewal, "auto_renew = true\n", "auto_renew"},
		{renewal, "auto_renew = false\n", "renewal auto_renew"},
		{"auto_renew = true\n", renewal, "renewal"},
		{"auto_renew = false\n", renewal, "renewal auto_renew"},
		{"auto_renew = true\n", lapse, "lapse"},
		{"auto_renew = true\n", "auto_renew = null\n", ""},
	} {
		text := "template \"t\" {\n" + test.template + "}\ndomain \"example.com\" {\ntemplate = template.t\n" + test.block + "}\n"
		p, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(text)}}, config.Options{})
		got := "error"
		if !diags.HasErrors() {
			var all []string
			for _, d := range p.Domains[0].Declared {
				all = append(all, d.Attribute.Name)
			}
			got = strings.Join(all, " ")
		} else if !strings.Contains(diags.Error(), "cannot both be given") {
			t.Error(diags)
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", text, got, test.want)
		}
	}
}
