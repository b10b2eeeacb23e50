package render_test

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/history"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/render"
	"github.com/domainsync/domainsync/internal/browsertest"
	"github.com/domainsync/domainsync/internal/inert/inerttest"
	"github.com/domainsync/domainsync/internal/personal"
)

// hostileRun is a run of which every text is one that acts on who shows it.
func hostileRun() *history.Run {
	r := &history.Run{
		ID: 7, Kind: "apply", Status: history.Open, Began: began, Changes: 1, Names: 1, First: []string{"example.com"},
		Attributes: map[string]int{"nameservers": 1}, Hazards: map[attr.Hazard]int{attr.Delegation: 1},
		Outcome: map[executor.ChangeResult]int{executor.Failed: 1}, Commands: []history.Command{}, Details: &history.Details{},
	}
	for _, text := range append(inerttest.Hostile(), "<script>alert(1)</script>", "</style><b>", `" onclick="alert(1)`) {
		r.By, r.Link, r.Because = text, text, text
		r.Commands = append(r.Commands, history.Command{Name: text, Part: journal.Part(text), Actor: journal.Actor{By: text, Link: text}, Reason: text, Ended: began})
		r.Details.Changes = append(r.Details.Changes, history.Change{
			ID: text, Domain: text, Attribute: text, Element: text, Result: executor.Failed, Code: text, Message: text, Task: text, RequestID: text,
			Before: attr.NewNameserverSet([]string{text}), After: attr.NewNameserverSet([]string{text}),
		})
		r.Details.Batches = append(r.Details.Batches, history.Batch{Operation: text, Task: text, Code: text, Message: text, RequestID: text, Names: []string{text}})
		r.Details.Approvals = append(r.Details.Approvals, history.Approval{By: text, Changes: []string{text}})
		r.Details.Unlocked = append(r.Details.Unlocked, text)
	}
	return r
}

// TestRunActsOnNobody: what files and the service said of a run does nothing but show,
// in any of its forms.
func TestRunActsOnNobody(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(*bytes.Buffer) error{
		"text":     func(b *bytes.Buffer) error { return render.RunText(b, hostileRun()) },
		"markdown": func(b *bytes.Buffer) error { return render.RunMarkdown(b, hostileRun()) },
		"html":     func(b *bytes.Buffer) error { return render.RunHTML(b, hostileRun(), "1.0") },
		"json":     func(b *bytes.Buffer) error { return render.RunsJSON(b, []*history.Run{hostileRun()}, 0) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		for _, acts := range []string{"\x1b", "\u202e", "\r"} {
			if strings.Contains(b.String(), acts) {
				t.Errorf("%s holds %q", name, acts)
			}
		}
		if name != "text" && name != "json" && strings.Contains(b.String(), "<script>alert") {
			t.Errorf("%s holds a script", name)
		}
	}
}

// TestRunFitsIntoAComment: a run of many changes fits into a comment of a forge, and what
// is left out is counted.
func TestRunFitsIntoAComment(t *testing.T) {
	t.Parallel()
	r := hostileRun()
	for range 2000 {
		r.Details.Changes = append(r.Details.Changes, r.Details.Changes[0])
		r.Details.Batches = append(r.Details.Batches, r.Details.Batches[0])
	}
	var b bytes.Buffer
	if err := render.RunMarkdown(&b, r); err != nil {
		t.Fatal(err)
	}
	if n := b.Len(); n > 65536 || strings.Count(b.String(), " more\n") != 2 {
		t.Errorf("it has %d bytes, and counts %d times what is left out", n, strings.Count(b.String(), " more\n"))
	}
}

// TestRunPage looks at the page of a run in a browser, which finds nothing to complain
// about and asks for nothing.
func TestRunPage(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	var page bytes.Buffer
	if err := render.RunHTML(&page, hostileRun(), "1.0"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "run.html")
	if err := os.WriteFile(file, page.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	shown := b.Open(t, (&url.URL{Scheme: "file", Path: file}).String(), browsertest.Look{Width: 1400, Height: 1000})
	shown.Picture("run-hostile")
	if said := shown.Complaints(); len(said) > 0 {
		t.Errorf("the browser complains: %q", said)
	}
	if asked := shown.Requests(); len(asked) == 0 || len(strings.Join(asked[1:], "")) > len("data:,") {
		t.Errorf("the page asks for %q", asked)
	}
}

// TestRunWhoseChangesAreNotKnown: what is known of a run is told also where its plan
// cannot be read.
func TestRunWhoseChangesAreNotKnown(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	r := &history.Run{ID: 3, Kind: "apply", Status: history.Ended, Began: began, Ended: began.Add(time.Minute), Seconds: 60, Problem: "the stored plan cannot be read", Details: &history.Details{}}
	if err := render.RunText(&b, r); err != nil {
		t.Fatal(err)
	}
	if out := b.String(); !strings.Contains(out, "run 3: apply, ended") || !strings.Contains(out, "Its changes are not known: the stored plan cannot be read") || render.RunWhat(r) != "not known" {
		t.Errorf("it is told as %s", out)
	}
}

// TestRunHCLNamesNobody: a change whose name has a person's address is listed by its mask,
// unless persons are shown.
func TestRunHCLNamesNobody(t *testing.T) {
	t.Parallel()
	const address = "ada.example@example.com"
	r := &history.Run{ID: 3, Began: began, Details: &history.Details{Changes: []history.Change{
		{ID: "emails/" + address, Attribute: "emails", Element: address, Result: executor.Verified},
		{ID: "emails/" + address, Attribute: "emails", Element: address, Result: executor.InDoubt},
	}}}
	for shown, m := range map[bool]*personal.Masker{false: personal.NewMasker(), true: nil} {
		var b bytes.Buffer
		if err := render.RunHCL(&b, r, m); err != nil {
			t.Fatal(err)
		}
		if out := b.String(); strings.Contains(out, address) != shown || strings.Count(out, "Not brought back: emails/") != 2 {
			t.Errorf("persons are shown: %v, and it tells\n%s", shown, out)
		}
	}
}
