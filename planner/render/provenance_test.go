package render_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/inert/inerttest"
	"github.com/domainsync/domainsync/internal/schematest"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/render"
)

// TestPlansSayWhereTheyComeFrom: each form says the commit, the labels and the hash of
// the whole plan, and a plan without any says nothing of them.
func TestPlansSayWhereTheyComeFrom(t *testing.T) {
	t.Parallel()
	hash, commit := strings.Repeat("ab", 32), strings.Repeat("c0", 20)
	for _, label := range append(inerttest.Hostile(), "12") {
		p := sample()
		forms := map[string]func(io.Writer) error{
			"text":     func(w io.Writer) error { return render.Text(w, p, render.TextOptions{Width: 500}) },
			"markdown": func(w io.Writer) error { return markdown(w, p) },
			"json":     func(w io.Writer) error { return render.JSON(w, p) },
			"html":     func(w io.Writer) error { return render.HTML(w, p) },
		}
		for form, write := range forms {
			p.Commit, p.Labels, p.StoredAs = "", nil, ""
			if out := written(t, write); strings.Contains(out, "commit") || strings.Contains(out, "stored_as") {
				t.Errorf("%s without a commit has one: %s", form, out)
			}
			p.Commit, p.Labels, p.StoredAs = commit, map[string]string{"request": label, "actor": "ada"}, hash
			out := written(t, write)
			for _, want := range []string{hash, commit, "request"} {
				if !strings.Contains(out, want) {
					t.Errorf("%s lacks %s", form, want)
				}
			}
			if acts := inerttest.Acts(out); acts != "" && form != "html" {
				t.Errorf("%s with the label %q: %s", form, label, acts)
			}
		}
	}
}

func written(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(inert.NewWriter(&b, false)); err != nil { // as commands write
		t.Fatal(err)
	}
	return b.String()
}

// TestReviewedPlansRoundTrip: what a review adds to a plan is read back, and fits the schema.
func TestReviewedPlansRoundTrip(t *testing.T) {
	t.Parallel()
	p := sample()
	p.Commit, p.Labels, p.StoredAs = strings.Repeat("c0", 20), map[string]string{"request": "12"}, strings.Repeat("ab", 32)
	text := plain(t, p)
	for _, problem := range schematest.Read(t, "../../docs/plan.schema.json").Check(schematest.Parse(t, text), "plan") {
		t.Error(problem)
	}
	got, err := planner.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	want := []any{p.Commit, p.Labels, p.StoredAs}
	if d := cmp.Diff(want, []any{got.Commit, got.Labels, got.StoredAs}); d != "" {
		t.Error(d)
	}
}
