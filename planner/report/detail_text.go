package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

// WriteText writes the detail for people. What comes from outside is escaped.
func (d *Detail) WriteText(w io.Writer) error {
	_, err := io.WriteString(w, d.write(new(detailText)))
	return err
}

// Markdown returns the detail as Markdown. Escape writes text from outside, in which it is
// only text.
func (d *Detail) Markdown(escape func(string) string) string {
	return d.write(&detailText{markdown: escape})
}

func (d *Detail) write(t *detailText) string {
	t.head(d)
	t.attributes(d)
	t.states(d)
	t.past(d)
	return t.String()
}

// detailText is a detail while it is written.
type detailText struct {
	strings.Builder
	markdown func(string) string // escapes text; nil: no Markdown is written
}

// longestLine is how many characters of a line Markdown has: it is to fit into comments.
const longestLine = 1000

// line writes one line; what it is about stands before it, in a column of its own.
func (t *detailText) line(about, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	switch {
	case t.markdown == nil:
		fmt.Fprintf(t, "  %-13s %s\n", about, inert.Text(text))
	case about == "":
		fmt.Fprintf(t, "  - %s\n", t.markdown(words.Truncate(text, longestLine)))
	default:
		fmt.Fprintf(t, "- **%s** %s\n", t.markdown(about), t.markdown(words.Truncate(text, longestLine)))
	}
}

func (t *detailText) title(text string) {
	if t.markdown == nil {
		fmt.Fprintf(t, "\n%s\n", inert.Text(text))
		return
	}
	fmt.Fprintf(t, "\n#### %s\n\n", t.markdown(text))
}

func at(x time.Time) string { return x.UTC().Format("2006-01-02 15:04:05Z") }

func (t *detailText) head(d *Detail) {
	name := d.Name
	if d.ASCII != d.Name {
		name += " (" + d.ASCII + ")"
	}
	standing := strings.Join(append([]string{string(d.Standing)}, spoken(d.Flags)...), ", ")
	if t.markdown == nil {
		fmt.Fprintf(t, "%s: %s\n", inert.Text(name), standing)
	} else {
		fmt.Fprintf(t, "### %s: %s\n\n", t.markdown(name), standing)
	}
	if b := d.Block; b == nil {
		t.line("declared", "by no file")
	} else {
		t.line("declared", "%s at %s%s", b.Name, b.Source, through(b.Template))
		t.block(b)
	}
	if d.Term == nil {
		t.line("account", "lacks the name, read %s", at(d.ReadAt))
	} else {
		t.term(d.Term)
	}
}

// spoken writes flags as words.
func spoken(flags []string) (all []string) {
	for _, f := range flags {
		all = append(all, strings.ReplaceAll(f, "_", " "))
	}
	return all
}

func through(template string) string {
	if template == "" {
		return ""
	}
	return ", template " + template
}

func (t *detailText) block(b *Block) {
	var labels []string
	for _, key := range slices.Sorted(maps.Keys(b.Labels)) {
		labels = append(labels, key+"="+b.Labels[key])
	}
	if len(labels) > 0 {
		t.line("labels", "%s", strings.Join(labels, ", "))
	}
	var settings []string
	if b.Critical {
		settings = append(settings, "critical")
	}
	if b.TemporaryUnlock {
		settings = append(settings, "may be unlocked for a change")
	}
	if len(settings) > 0 {
		t.line("settings", "%s", strings.Join(settings, ", "))
	}
}

func (t *detailText) term(x *Term) {
	text := "not known"
	if !x.Expires.IsZero() {
		text = at(x.Expires)
		if left := *x.DaysLeft; left < 0 {
			text += ", " + words.Count(-left, "day") + " ago"
		} else {
			text += ", " + words.Count(left, "day") + " left"
		}
	}
	if x.AsksFor != "" {
		text += ", " + x.AsksFor
	}
	t.line("expires", "%s (read %s)", text, at(x.ReadAt))
	if !x.Registered.IsZero() {
		t.line("registered", "%s", at(x.Registered))
	}
}

// attributes writes those that are declared, each with all that is known of it, and of
// the others what is live.
func (t *detailText) attributes(d *Detail) {
	var others []*Attribute
	for i := range d.Attributes {
		if x := &d.Attributes[i]; x.Declared != nil {
			t.attribute(x, d)
		} else {
			others = append(others, x)
		}
	}
	others = slices.DeleteFunc(others, func(x *Attribute) bool { return x.Live == nil && x.Unknown == "" })
	if len(others) > 0 {
		t.title("undeclared, left as they are")
	}
	for _, x := range others {
		t.live(x.Name, x)
	}
}

// attribute writes a declared attribute.
func (t *detailText) attribute(x *Attribute, d *Detail) {
	t.title(x.Name)
	from := x.Declared.Source.String()
	if x.Declared.Template != "" {
		from += " in template " + x.Declared.Template
	}
	t.value("declared", x.Declared.Value, x.Declared.Text, from)
	t.live("live", x)
	for i := range x.Changes {
		t.change(&x.Changes[i])
	}
	if len(x.Changes) == 0 && d.Standing == Managed {
		t.line("difference", "none")
	}
}

// live writes the live value of an attribute, or why it is not known.
func (t *detailText) live(about string, x *Attribute) {
	switch {
	case x.Live != nil:
		t.value(about, x.Live.Value, x.Live.Text, "read "+at(x.Live.ReadAt))
	case x.Unknown != "":
		t.line(about, "not known: %s", x.Unknown)
	}
}

// value writes a value, its parts one below the other where they are long, and where
// or when it comes from.
func (t *detailText) value(about string, v attr.Value, text, from string) {
	lines := []string{text}
	if listed, ok := v.(attr.Listed); ok && len(listed.Lines()) > 1 {
		lines = listed.Lines()
	}
	if lines[0] == "" {
		lines[0] = "none"
	}
	for i, line := range lines {
		if i == len(lines)-1 {
			line += "  (" + from + ")"
		}
		t.line(about, "%s", line)
		about = ""
	}
}

// change writes a difference as a plan has it.
func (t *detailText) change(c *attr.Change) {
	text := string(c.Action) + c.Origin.InWords() + ", " + string(c.Status)
	if c.Element != "" {
		text = string(c.Action) + " " + c.Element + c.Origin.InWords() + ", " + string(c.Status)
	}
	if c.Reason != "" {
		text += ": " + c.Reason
	}
	t.line("difference", "%s", text)
	gone, come := differing(c.Before, c.After)
	if gone != nil && c.Action != attr.Create {
		t.line("", "- %s", gone)
	}
	if come != nil {
		added := "+ " + come.String()
		if c.Cost != nil {
			added += " (" + c.Cost.String() + ")"
		}
		t.line("", "%s", added)
	}
	if c.Logged != nil {
		t.line("", "%s", c.Logged.InWords())
	}
}

// differing returns what of two values goes and what comes.
func differing(before, after attr.Value) (gone, come attr.Value) {
	if gone, come, _, isSet := attr.Overlap(before, after); isSet {
		return gone, come
	}
	return attr.Differing(before, after)
}

// states writes what threatens the name, what holds it, and what is open.
func (t *detailText) states(d *Detail) {
	for _, x := range d.Threats {
		t.title("threat: " + x.Summary + " (" + string(x.Severity) + ")")
		t.line("", "%s", x.Sentence)
		t.deadline(x.Deadline)
	}
	for _, r := range d.Remarks {
		t.title(string(r.Severity) + ": " + r.Summary)
		t.line("", "%s", r.Detail)
		t.deadline(r.Deadline)
	}
	for _, h := range d.Holds {
		t.hold(&h)
	}
	if len(d.Approvals) > 0 {
		t.title("approvals")
	}
	for _, a := range d.Approvals {
		used := ""
		if a.Used {
			used = ", used"
		}
		t.line(a.Change, "by %s at %s, until %s%s", a.By, at(a.At), at(a.Until), used)
	}
	if len(d.Tasks) > 0 {
		t.title("open")
	}
	for _, x := range d.Tasks {
		t.line(x.Change, "%s", x.Reason)
	}
}

func (t *detailText) deadline(d time.Time) {
	if !d.IsZero() {
		t.line("deadline", "%s", at(d))
	}
}

func (t *detailText) hold(h *Hold) {
	title := "held by a pause of " + h.By
	if h.Source != nil {
		title = fmt.Sprintf("held by hold %q at %s", h.Label, h.Source)
	}
	t.title(title)
	until := "for good"
	if !h.Until.IsZero() {
		until = at(h.Until)
	}
	t.line("until", "%s", until)
	if len(h.Attributes) > 0 {
		t.line("of", "%s", strings.Join(h.Attributes, ", "))
	}
	if h.Reason != "" {
		t.line("reason", "%s", h.Reason)
	}
}

// pastShown is how many entries of the log and of the runs people see.
const pastShown = 20

// past writes what was done to the name, the newest first.
func (t *detailText) past(d *Detail) {
	if len(d.Runs) > 0 {
		t.title("sent by runs")
	}
	for _, s := range d.Runs[:min(len(d.Runs), pastShown)] {
		t.line(at(s.At), "%s", s.inWords())
		for _, line := range s.Change.lines() {
			t.line("", "%s", line)
		}
	}
	t.more(len(d.Runs))
	if len(d.Unsent) > 0 {
		t.title("not sent by runs")
	}
	for i := range d.Unsent[:min(len(d.Unsent), pastShown)] {
		c := &d.Unsent[i]
		t.line(at(c.Began), "%s", c.inWords())
		for _, line := range c.lines() {
			t.line("", "%s", line)
		}
	}
	t.more(len(d.Unsent))
	if len(d.Log) > 0 {
		t.title("the service's change log, the last 90 days")
	}
	for _, e := range d.Log[:min(len(d.Log), pastShown)] {
		parts := slices.DeleteFunc([]string{e.Operation, e.Details, e.Result}, func(s string) bool { return s == "" })
		if e.Address != "" {
			parts = append(parts, "from "+e.Address)
		}
		t.line(at(e.At), "%s", strings.Join(parts, "; "))
	}
	t.more(len(d.Log))
}

// inWords says what was sent, by whom, and what became of it.
func (s *ChangeSent) inWords() string {
	text := fmt.Sprintf("run %d, %s: %s", s.Run, s.Step, s.State)
	if s.Change != nil && s.Change.Result != "" && s.Change.Result != s.State {
		text += ", " + s.Change.Result
	}
	if s.Message != "" {
		text += ": " + s.Message
	}
	if s.RequestID != "" {
		text += "; request " + s.RequestID
	}
	if s.By != "" {
		text += fmt.Sprintf("; %s by %s", s.Command, s.By)
	}
	return text
}

// inWords says what was to be sent, by whom, and why it was not.
func (c *ChangeUnsent) inWords() string {
	text := fmt.Sprintf("run %d, %s: %s", c.Run, c.ID, c.Result)
	if c.Message != "" {
		text += ": " + c.Message
	}
	if c.By != "" {
		text += fmt.Sprintf("; %s by %s", c.Command, c.By)
	}
	return text
}

// lines write what was before and what was to come.
func (c *Made) lines() (lines []string) {
	if c == nil {
		return nil
	}
	gone, come := differing(c.Before, c.After)
	if gone != nil {
		lines = append(lines, "- "+gone.String())
	}
	if come != nil {
		lines = append(lines, "+ "+come.String())
	}
	return lines
}

func (t *detailText) more(n int) {
	if n > pastShown {
		t.line("", "and %s more, which --format json tells", words.Number(n-pastShown))
	}
}
