package render_test

import (
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// TestAgreementIsTrue looks at every scenario whose plan says that the names are
// as the files declare: the account has each of them, and no attribute of it
// differs. Scenarios that agree and that do not must be among them.
func TestAgreementIsTrue(t *testing.T) {
	agree, differ := 0, 0
	for _, file := range scenarioFiles(t) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		archive := txtar.Parse(data)
		in := load(t, archive)
		if in == nil {
			continue
		}
		if !strings.Contains(printed(t, planner.Diff(*in))["plan.txt"], "as the files declare") {
			differ++
			continue
		}
		agree++
		for i := range in.Portfolio.Domains {
			want := &in.Portfolio.Domains[i]
			if !in.Only.Has(want.Name) {
				continue
			}
			d := in.Live.Domain(want.Name)
			if d == nil {
				t.Errorf("%s: the account lacks %s", file, want.Name)
				continue
			}
			for _, x := range want.Declared {
				changes := x.Attribute.Changes(attr.Input{
					Name: want.Name, Desired: x.Value, Live: d, Settings: want.Settings, Policy: in.Portfolio.Policy(),
					Account: in.Live, Declares: want.Declares, Prices: in.Portfolio.PricesOf(want.Name), Now: in.Live.ReadAt,
				})
				if len(changes) > 0 || !in.Live.Knows(d, x.Attribute.Facts) {
					t.Errorf("%s: %s of %s is not as declared: %+v", file, x.Attribute.Name, want.Name, changes)
				}
			}
		}
	}
	if agree == 0 || differ == 0 {
		t.Errorf("%d scenarios agree and %d do not: nothing was checked", agree, differ)
	}
}

// TestWhatIsLeftClaimsNothing: a plan that is the rest of another one does not
// say that names are as the files declare.
func TestWhatIsLeftClaimsNothing(t *testing.T) {
	text := printed(t, &planner.Plan{Partial: true})["plan.txt"]
	if !strings.Contains(text, "\nNothing to do now.\n") {
		t.Errorf("the plan says:\n%s", text)
	}
	if whole := printed(t, &planner.Plan{})["plan.txt"]; !strings.Contains(whole, "as the files declare") {
		t.Errorf("a whole one says:\n%s", whole)
	}
}

// TestAgreementOfUndos: an undo with nothing to do says that the names are as before the
// run, where all of them are, and never that they are as the files declare.
func TestAgreementOfUndos(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		undo planner.Undo
		want string
	}{
		{want: "Nothing to do: 2 names are as before run 12."},
		{planner.Undo{Left: []planner.Left{{ID: "a.com/registration", Domain: "a.com", Reason: "what was bought stays bought"}}}, "Nothing to do now."},
		{planner.Undo{Stale: []planner.Stale{{ID: "a.com/nameservers", Domain: "a.com", Reason: "it was changed since"}}}, "Nothing to do now."},
	} {
		test.undo.Run = 12
		text := printed(t, &planner.Plan{Undo: &test.undo, Summary: planner.Summary{Names: 2}})["plan.txt"]
		if !strings.Contains(text, test.want) || strings.Contains(text, "as the files declare") {
			t.Errorf("%+v: %q is not in:\n%s", test.undo, test.want, text)
		}
	}
}
