package render_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/planner/render"
)

// TestAccountsAreShownInert: what stands above a plan of many is only text, in any form,
// and JSON means the same.
func TestAccountsAreShownInert(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := &render.AccountPlan{
			Directory: nasty.Draw(t, "directory"), ReachedBy: rapid.SliceOfN(nasty, 0, 5).Draw(t, "files"),
			Note: nasty.Draw(t, "note"), Error: nasty.Draw(t, "error"), ExitCode: 4,
		}
		var text, page, object strings.Builder
		if err := render.AccountText(&text, a, render.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		if got := text.String(); strings.ContainsAny(got, "\x1b\u202e\u009b\x00") {
			t.Fatalf("the text acts: %q", got)
		}
		if err := render.AccountMarkdown(&page, a, render.MarkdownOptions{}); err != nil {
			t.Fatal(err)
		}
		checkMarkdown(t, strings.ReplaceAll(page.String(), "[!CAUTION]", ""))
		if err := render.AccountJSON(&object, a); err != nil {
			t.Fatal(err)
		}
		var back render.AccountPlan
		if err := json.Unmarshal([]byte(object.String()), &back); err != nil || back.Directory != strings.ToValidUTF8(a.Directory, "\ufffd") && inert.Text(back.Directory) != inert.Text(a.Directory) || len(back.ReachedBy) != len(a.ReachedBy) {
			t.Fatalf("%v: %s", err, object.String())
		}
	})
}

// TestAccountsSayWhyTheyArePlanned: the first files by name, and how many there are.
func TestAccountsSayWhyTheyArePlanned(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]*render.AccountPlan{
		"=== corp\n\nNot planned: no key\n":                 {Directory: "corp", Error: "no key"},
		"=== corp\nReached by a, b, c and 2 more.\n\n":      {Directory: "corp", ReachedBy: []string{"a", "b", "c", "d", "e"}},
		"=== corp\nReached by a. It cannot be loaded.\n\n":  {Directory: "corp", ReachedBy: []string{"a"}, Note: "it cannot be loaded"},
		"=== corp\n\nIts files are deleted: nothing plans ": {Directory: "corp", Deleted: true},
	} {
		var b strings.Builder
		if err := render.AccountText(&b, a, render.TextOptions{}); err != nil || !strings.HasPrefix(b.String(), want) {
			t.Errorf("%v: %q, want %q", err, b.String(), want)
		}
	}
}

// TestAccountsWithPlans: the member of an object is the plan as JSON writes it, and a
// page keeps to its room.
func TestAccountsWithPlans(t *testing.T) {
	t.Parallel()
	a := &render.AccountPlan{Directory: "corp", Plan: hugePlan(3000, 100)}
	var object, plan strings.Builder
	if err := render.AccountJSON(&object, a); err != nil {
		t.Fatal(err)
	}
	if err := render.JSON(&plan, a.Plan); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Directory string
		Plan      json.RawMessage
	}
	if err := json.Unmarshal([]byte(object.String()), &back); err != nil || back.Directory != "corp" || strings.TrimSpace(plan.String()) != string(back.Plan) {
		t.Errorf("%v: %q, and the plan is another one", err, back.Directory)
	}
	var sizes []int
	for _, room := range []int{4000, 16_000, 0} {
		var page strings.Builder
		if err := render.AccountMarkdown(&page, a, render.MarkdownOptions{Room: room}); err != nil {
			t.Fatal(err)
		}
		if sizes = append(sizes, page.Len()); room > 0 && page.Len() > room+200 || !strings.Contains(page.String(), "Not all of the plan stands here") {
			t.Errorf("%d bytes in a room of %d", page.Len(), room)
		}
	}
	if !slices.IsSorted(sizes) || sizes[0] == sizes[2] {
		t.Errorf("more room has the sizes %v", sizes)
	}
}
