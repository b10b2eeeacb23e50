package planner_test

import (
	"strings"
	"testing"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// TestSelectTargetsByLabel selects names by what the files call them.
func TestSelectTargetsByLabel(t *testing.T) {
	t.Parallel()
	p := portfolio()
	for name, labels := range map[string]map[string]string{
		"a.com": {"owner": "web", "team": "a/b"}, "b.com": {"owner": "mail"}, "c.com": nil,
	} {
		p.Domains = append(p.Domains, config.Domain{Name: name, Settings: attr.Settings{Labels: attr.NewLabels(labels)}})
	}
	for targets, want := range map[string]string{
		"label:owner=web":                 "a.com",
		"label:owner":                     "a.com b.com",
		"label:owner=web c.com":           "a.com c.com",
		"label:team=a/b":                  "a.com",
		"label:team=a/b/nameservers":      "a.com",
		"label:owner=web label:team *.io": "a.com",
	} {
		s, err := planner.SelectTargets(strings.Fields(targets))
		if err != nil {
			t.Fatal(err)
		}
		s = s.In(p)
		var got []string
		for _, name := range []string{"a.com", "b.com", "c.com", "d.com", ""} {
			if s.Has(name) {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s selects %v, want %s", targets, got, want)
		}
		if s.Exact() || s.All() {
			t.Errorf("%s is taken for names, or for all", targets)
		}
		if parts := strings.HasSuffix(targets, "/nameservers"); s.HasAttribute("a.com", "ds_records") == parts || !s.HasAttribute("a.com", "nameservers") {
			t.Errorf("%s does not select the attributes", targets)
		}
	}
	s, err := planner.SelectTargets([]string{"label:owner=nobody", "label:owner"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.In(p).Idle(p); err == nil || err.Error() != "label:owner=nobody: the files declare no such name" {
		t.Errorf("a label that nothing has: %v", err)
	}
	for _, wrong := range []string{"label:", "label:=x", "label:owner="} {
		if _, err := planner.SelectTargets([]string{wrong}); err == nil || !strings.Contains(err.Error(), "label:KEY=VALUE") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	if _, err := planner.Select([]string{"label:owner=web"}); err == nil {
		t.Error("a pattern that outlives the files goes by a label")
	}
}
