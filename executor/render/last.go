package render

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

// An End is how a command ended that plans or applies.
type End struct {
	ExitCode int
	// Reason is why it did not end well, one word: the kind of the first condition
	// that makes the exit code, or what kind of error it was; "": it ended well.
	Reason  string
	Message string // the error; "": there was none
	// Line is the last line, which says both for people; "": it ended well.
	Line string
	At   time.Time
}

// The most conditions that the last line tells of, and of each the most characters of
// its reason.
const (
	lastConditions = 3
	lastReason     = 160
)

// LastLine says the exit code and why: the first of the conditions that make it and
// how many more there are, or the error.
func LastLine(e End, conditions []job.Condition) string {
	line := fmt.Sprintf("exit %d: ", e.ExitCode)
	if len(conditions) == 0 {
		text, _, _ := strings.Cut(e.Message, "\n")
		return strings.TrimSuffix(line+e.Reason+": "+inert.Text(text), ": ")
	}
	shown := min(len(conditions), lastConditions)
	parts := make([]string, 0, shown+1)
	for i := range conditions[:shown] {
		parts = append(parts, conditionText(&conditions[i], time.Time{}, conditions[i].Deadline))
	}
	if more := len(conditions) - shown; more > 0 {
		parts = append(parts, "and "+words.Number(more)+" more")
	}
	return line + strings.Join(parts, "; ")
}

// conditionText says in one line of which kind a condition is, what it is about and
// why it is there, since when and by when, as far as these are given.
func conditionText(c *job.Condition, since, by time.Time) string {
	reason := words.Truncate(strings.TrimSuffix(inert.Text(c.Reason), "."), lastReason)
	parts := []string{c.ID}
	for _, part := range []string{inert.Text(aboutOf(c)), reason} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	var days []string
	if !since.IsZero() {
		days = append(days, "since "+since.UTC().Format(time.DateOnly))
	}
	if !by.IsZero() {
		days = append(days, "by "+by.UTC().Format(time.DateOnly))
	}
	text := strings.Join(parts, ": ")
	if days != nil {
		text += " (" + strings.Join(days, ", ") + ")"
	}
	return text
}

// ConditionsText writes the first of the conditions that somebody has to see to, a
// line each with its severity and since when it is there, and how many more there
// are: what comes first in a mail.
func ConditionsText(w io.Writer, conditions []job.Condition, most int) error {
	var due []*job.Condition
	for i := range conditions {
		if c := &conditions[i]; c.Makes != "" || c.Severity == job.Page || c.Severity == job.Ticket {
			due = append(due, c)
		}
	}
	if len(due) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString("What needs a person:\n")
	for _, c := range due[:min(len(due), most)] {
		fmt.Fprintf(&b, "  %-6s  %s\n", c.Severity, conditionText(c, c.Since, c.Deadline))
	}
	if more := len(due) - most; more > 0 {
		fmt.Fprintf(&b, "  and %s more, which the report of --report tells\n", words.Number(more))
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}
