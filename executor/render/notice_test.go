package render_test

import (
	"strings"
	"testing"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/render"
)

// TestNoticesAreBounded: however many names a message is about and however long their
// reasons are, it fits into a mail and a chat, nothing in it takes a line of its own,
// and what is left out is counted. Its title is a line of ASCII.
func TestNoticesAreBounded(t *testing.T) {
	t.Parallel()
	hostile := job.Condition{
		ID: "failed", Domain: "example.net", Severity: job.Page, Summary: "A change failed", Reason: "a\r\nBcc: b\x1b[2J" + strings.Repeat("é", 5000) + "the end",
	}
	for _, names := range []int{1, 2, 1000} {
		all := make([]job.Notification, names)
		for i := range all {
			all[i] = job.Notification{Condition: hostile, Event: job.Begins}
		}
		title, text := render.Notice("bücher\r\nBcc: b", all)
		if want := "domainsync bcherBcc: b: URGENT, "; !strings.HasPrefix(title, want) || strings.ContainsFunc(title, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("the title of %d is %q", names, title)
		}
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if len(text) > 3600 || strings.ContainsAny(text, "\r\x1b") || strings.Contains(text, "the end") {
			t.Errorf("of %d names there are %d bytes: %q", names, len(text), text)
		}
		if names < 3 && len(lines) != names || names == 1000 && !strings.HasPrefix(lines[len(lines)-1], "and 99") {
			t.Errorf("of %d names there are %d lines, the last one %q", names, len(lines), lines[len(lines)-1])
		}
	}
}

// TestNoticesTellWhoseNameItIs: the labels of a name and that it is critical stand beside
// it, bounded and on the line.
func TestNoticesTellWhoseNameItIs(t *testing.T) {
	t.Parallel()
	c := job.Condition{ID: "failed", Domain: "example.net", Severity: job.Page, Summary: "A change failed", Reason: "why", Critical: true}
	c.Labels = attr.NewLabels(map[string]string{"owner": "web", "centre": "4711"})
	_, text := render.Notice("1", []job.Notification{{Condition: c, Event: job.Begins}})
	if !strings.Contains(text, "example.net [critical, centre=4711, owner=web]: why") {
		t.Errorf("it says %q", text)
	}
	c.Labels = attr.NewLabels(map[string]string{"owner": "\x1b[2J" + strings.Repeat("w", 255)})
	if _, text = render.Notice("1", []job.Notification{{Condition: c, Event: job.Begins}}); len(text) > 250 || strings.Contains(text, "\x1b") {
		t.Errorf("a long label makes %q", text)
	}
}
