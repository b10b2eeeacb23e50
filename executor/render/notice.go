package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

// mostNotice bounds a message in bytes: the least of what mail, chats and webhooks take.
const mostNotice = 3500

// mostReason bounds the characters of a reason that people are told.
const mostReason = 300

// noticeEvents say what has become of a condition.
var noticeEvents = map[job.NotificationEvent]string{
	job.Begins: "new", job.Gains: "one more name", job.Worsens: "worse", job.Nears: "nearer", job.Reminds: "still open", job.Ends: "ended, or known from now on",
}

// Notice writes one message of what people have to know of an account; "" is any. The
// title is one line of ASCII, for the header of a mail. Of a message that is too long the
// rest is counted.
func Notice(account string, all []job.Notification) (title, text string) {
	var pages, news, ended int
	for _, n := range all {
		switch {
		case n.Event == job.Ends:
			ended++
			continue
		case n.Event != job.Reminds:
			news++
		}
		if n.Severity == job.Page {
			pages++
		}
	}
	title = fmt.Sprintf("domainsync %s: %s, %d ended", ascii(account), words.Count(news, "news item"), ended)
	if pages > 0 {
		title = fmt.Sprintf("domainsync %s: URGENT, %s for a person at once", ascii(account), words.Count(pages, "condition"))
	}
	title = strings.Replace(title, "domainsync :", "domainsync:", 1)
	lines := noticeLines(all)
	var b strings.Builder
	for i, line := range lines {
		if b.Len()+len(line) > mostNotice {
			fmt.Fprintf(&b, "and %s, which the report of the run tells\n", words.Count(len(lines)-i, "more line"))
			break
		}
		b.WriteString(line)
	}
	return title, b.String()
}

// ascii leaves out what the header of a mail does not take.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
}

// noticeLines are the lines of a message: one for each notification.
func noticeLines(all []job.Notification) []string {
	lines := make([]string, 0, len(all))
	for _, n := range all {
		what := noticeEvents[n.Event]
		if n.Event == job.Nears {
			what = "at most " + words.Count(n.Days, "day") + " left"
		}
		parts := []string{strings.ToUpper(string(n.Severity)), what, n.Summary}
		if about := aboutOf(&n.Condition); about != "" {
			parts = append(parts, about+settingsOf(&n.Condition))
		}
		if !n.Deadline.IsZero() && n.Event != job.Ends {
			parts = append(parts, "by "+n.Deadline.UTC().Format(time.DateOnly))
		}
		if n.Reason != "" && n.Event != job.Ends {
			parts = append(parts, words.Truncate(n.Reason, mostReason))
		}
		for i := range parts {
			parts[i] = inert.Text(parts[i])
		}
		lines = append(lines, strings.Join(parts, ": ")+"\n")
	}
	return slices.Clip(lines)
}

// mostSettings bounds the characters of what files call a name by.
const mostSettings = 100

// settingsOf says what files call the name of a condition by; "": nothing.
func settingsOf(c *job.Condition) string {
	all := c.Labels.Lines()
	if c.Critical {
		all = append([]string{"critical"}, all...)
	}
	if len(all) == 0 {
		return ""
	}
	return " [" + words.Truncate(strings.Join(all, ", "), mostSettings) + "]"
}

// aboutOf says what a condition is about; "": the account.
func aboutOf(c *job.Condition) string {
	switch {
	case c.Domain == "":
		return c.Attribute
	case c.Attribute != "":
		return wire.UnicodeName(c.Domain) + " (" + c.Attribute + ")"
	}
	return wire.UnicodeName(c.Domain)
}
