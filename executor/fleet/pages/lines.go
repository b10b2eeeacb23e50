package pages

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
)

// A line is what a run has told, in any of the forms that docs/events.schema.json
// describes. Members that are not there are zero.
type line struct {
	Type      string         `json:"type"`
	Time      time.Time      `json:"time"`
	Operation string         `json:"operation"`
	Version   string         `json:"version"`
	Reason    string         `json:"reason"`
	Counts    map[string]int `json:"counts"`
	Calls     map[string]int `json:"calls"`
	Part      string         `json:"part"`
	Seconds   float64        `json:"seconds"`
	Left      float64        `json:"seconds_left"`
	Waiting   string         `json:"waiting"`
	By        string         `json:"by"`
	Names     namesOrCount   `json:"names"`
	Task      string         `json:"task"`
	Result    string         `json:"result"`
	Message   string         `json:"message"`
	Code      string         `json:"code"`
	LastLine  string         `json:"last_line"`
	ExitCode  int            `json:"exit_code"`
	Lines     int            `json:"lines"` // that were left out
	Unlocked  []string       `json:"unlocked"`
	Trouble   []string       `json:"trouble"`

	Domain     string          `json:"domain"`
	Attribute  string          `json:"attribute"`
	Action     string          `json:"action"`
	Status     string          `json:"status"`
	Hazard     string          `json:"hazard"`
	Conditions []lineCondition `json:"conditions"`
}

// lineCondition is a condition that the last line of a run tells of.
type lineCondition struct {
	ID        string    `json:"id"`
	Domain    string    `json:"domain"`
	Attribute string    `json:"attribute"`
	Severity  string    `json:"severity"`
	Reason    string    `json:"reason"`
	Deadline  time.Time `json:"deadline"`
}

// namesOrCount are names, or how many there are.
type namesOrCount []string

// UnmarshalJSON reads names. How many there are is told by counts, too.
func (n *namesOrCount) UnmarshalJSON(data []byte) error {
	var names []string
	if json.Unmarshal(data, &names) == nil {
		*n = names
	}
	return nil
}

// A step is what happened in a run, for people.
type step struct {
	Number int64        `json:"number"` // of its line
	At     string       `json:"at"`
	Text   string       `json:"text"`
	More   string       `json:"more,omitempty"`
	Tone   webpage.Tone `json:"tone,omitempty"`
}

// A distance is how far a run is.
type distance struct {
	Text string `json:"text"`
	Done int    `json:"done"`
	All  int    `json:"all"` // 0: nobody knows
}

// A told is what a run has told so far.
type told struct {
	Steps []step
	Far   *distance // nil: nothing is under way
	// Changes are those that were planned, by what they are.
	Changes map[changeKind]*changeNames
	Ended   *line // nil: it has not told its end
	Last    int64 // the number of the last line
}

// A changeKind is what changes have in common.
type changeKind struct{ Attribute, Action, Status, Hazard string }

// changeNames are the names of changes; the first of them are kept.
type changeNames struct {
	Number int
	First  []string
}

// namesKept is how many names of one kind of change, and of one step, are shown.
const (
	namesKept   = 50
	namesInStep = 4
)

// read adds lines.
func (t *told) read(lines []fleet.Line) {
	for i := range lines {
		var l line
		t.Last = lines[i].Number
		if err := json.Unmarshal(lines[i].Data, &l); err != nil {
			l = line{Type: "unreadable"} // one that was cut off says nothing
		}
		t.add(lines[i].Number, &l)
	}
}

func (t *told) add(number int64, l *line) {
	switch l.Type {
	case "reading", "progress":
		t.Far = l.distance()
		return
	case "change":
		t.addChange(l)
		return
	case "ended":
		t.Ended = l
	}
	t.Far = nil
	s := l.step()
	if s.Text == "" {
		return
	}
	s.Number, s.At = number, l.Time.UTC().Format("15:04:05")
	t.Steps = append(t.Steps, s)
}

func (t *told) addChange(l *line) {
	if t.Changes == nil {
		t.Changes = make(map[changeKind]*changeNames)
	}
	kind := changeKind{inert.Text(l.Attribute), inert.Text(l.Action), inert.Text(l.Status), inert.Text(l.Hazard)}
	of := t.Changes[kind]
	if of == nil {
		of = new(changeNames)
		t.Changes[kind] = of
	}
	if of.Number++; len(of.First) < namesKept {
		of.First = append(of.First, subject(l.Domain))
	}
}

// distance tells how far something is.
func (l *line) distance() *distance {
	d := &distance{Done: l.Counts["done"], All: l.Counts["all"]}
	d.Text = fmt.Sprintf("Read %s of %s", words.Number(d.Done), words.Number(d.All))
	if l.Type == "progress" {
		d.Done, d.All = l.Counts["ended"]+l.Counts["failed"], l.Counts["steps"]
		d.Text = fmt.Sprintf("%s of %s ended", words.Number(d.Done), words.Count(d.All, "step"))
		if n := l.Counts["open_tasks"]; n > 0 {
			d.Text += ", " + words.Count(n, "task") + " at work"
		}
	}
	if l.Left > 0 {
		d.Text += ", " + words.About(l.Left) + " left"
	}
	if l.Waiting != "" {
		d.Text += "; waits: " + inert.Text(l.Waiting)
	}
	return d
}

// sentences say what lines tell, by their type. What has no line here is not told.
var sentences = map[string]func(l *line) step{
	"began": func(l *line) step {
		return step{Text: "The " + inert.Text(l.Operation) + " began", More: "domainsync " + inert.Text(l.Version)}
	},
	"state_lost": func(l *line) step {
		return step{Text: "The state may lack the last of its records: " + inert.Text(l.Reason), Tone: webpage.Minded}
	},
	"settled": func(l *line) step {
		if len(l.Counts) == 0 {
			return step{}
		}
		return step{Text: "Settled what earlier runs had left: " + countsText(l.Counts), More: l.trouble()}
	},
	"refreshing": func(l *line) step {
		return step{Text: fmt.Sprintf("Of %s %s are known from before, %s have changed and %s are due to be read again",
			words.Count(l.Counts["names"], "name"), words.Number(l.Counts["known"]), words.Number(l.Counts["changed"]), words.Number(l.Counts["due"]))}
	},
	"foreseen": func(l *line) step {
		calls := 0
		for _, n := range l.Calls {
			calls += n
		}
		what := "Reading"
		if l.Part != "reading" {
			what = "Making the changes"
		}
		return step{Text: fmt.Sprintf("%s should take %s and %s", what, words.Count(calls, "call"), words.About(l.Seconds))}
	},
	"read": func(l *line) step {
		s := step{Text: fmt.Sprintf("Read %s in %s", words.Count(l.Counts["names"], "name"), words.Seconds(l.Seconds))}
		if n := l.Counts["failures"]; n > 0 {
			s.Tone, s.More = webpage.Alarm, words.Count(n, "read")+" gave no answer"
		}
		return s
	},
	"planned":           plannedStep,
	"follow_planned":    plannedStep,
	"awaiting_approval": func(*line) step { return step{Text: "The plan is looked at by a person", Tone: webpage.Minded} },
	"approved": func(l *line) step {
		s := step{Text: "The changes are approved", Tone: webpage.Done}
		if l.By != "" {
			s.Text += " by " + inert.Text(l.By)
		}
		return s
	},
	"refused": func(l *line) step { return step{Text: "Refused: " + inert.Text(l.Reason), Tone: webpage.Alarm} },
	"executing": func(l *line) step {
		return step{Text: fmt.Sprintf("Makes %s in %s", words.Count(l.Counts["changes"], "change"), words.Count(l.Counts["steps"], "step")), Tone: webpage.Active}
	},
	"submitted": func(l *line) step {
		return step{Text: "Sent " + inert.Text(l.Operation) + " for " + l.names(), More: behind("task ", l.Task)}
	},
	"result":   resultStep,
	"verified": resultStep,
	"executed": func(l *line) step {
		return step{Text: "The changes took " + words.Seconds(l.Seconds) + behind(": ", countsText(l.Counts)), More: l.trouble()}
	},
	"omitted": func(l *line) step {
		return step{Text: words.Count(l.Lines, "line") + " were not kept: the run told too much", Tone: webpage.Calm}
	},
	"missing": func(l *line) step {
		return step{Text: missingText(l.Lines), Tone: webpage.Minded}
	},
	"ended": func(l *line) step {
		s := step{Text: "Ended: " + lower(endOf(&fleet.Outcome{ExitCode: l.ExitCode}).Word), Tone: endOf(&fleet.Outcome{ExitCode: l.ExitCode}).Tone}
		s.More = inert.Text(l.LastLine)
		return s
	},
	"unreadable": func(*line) step { return step{Text: "A line that cannot be read", Tone: webpage.Calm} },
}

// missingText says that lines of a run are not there.
func missingText(n int) string {
	return fmt.Sprintf("%s %s missing here: the state of the fleet could not be reached", words.Count(n, "line"), words.Plural(n, "is", "are"))
}

// step says what the line tells.
func (l *line) step() step {
	if say := sentences[l.Type]; say != nil {
		return say(l)
	}
	return step{}
}

func plannedStep(l *line) step {
	if len(l.Counts) == 0 {
		return step{Text: "Planned: nothing is to be changed", Tone: webpage.Done}
	}
	return step{Text: "Planned: " + countsText(l.Counts), Tone: webpage.Active}
}

// resultTones say how urgent results look.
var resultTones = map[executor.ChangeResult]webpage.Tone{
	executor.Done: webpage.Done, executor.Verified: webpage.Done, executor.Failed: webpage.Alarm, executor.InDoubt: webpage.Alarm,
	executor.Differs: webpage.Alarm, executor.NotSent: webpage.Minded, executor.Stale: webpage.Minded,
}

func resultStep(l *line) step {
	s := step{Text: fmt.Sprintf("%s of %s: %s", inert.Text(l.Attribute), l.names(), strings.ReplaceAll(inert.Text(l.Result), "_", " ")), Tone: resultTones[executor.ChangeResult(l.Result)]}
	s.More = strings.TrimSpace(inert.Text(l.Code) + " " + inert.Text(l.Message))
	return s
}

// names names the first of the names.
func (l *line) names() string {
	var shown []string
	for _, name := range l.Names[:min(len(l.Names), namesInStep)] {
		shown = append(shown, subject(name))
	}
	if shown == nil {
		return "the account"
	}
	return words.List(shown, len(l.Names)-len(shown))
}

// trouble is what a person must know of what was done.
func (l *line) trouble() string {
	var all []string
	if len(l.Unlocked) > 0 {
		all = append(all, "left unlocked: "+words.Count(len(l.Unlocked), "name"))
	}
	for _, text := range l.Trouble {
		all = append(all, inert.Text(text))
	}
	return strings.Join(all, "; ")
}

// countsText writes counts, the names of what is counted in order.
func countsText(counts map[string]int) string {
	var all []string
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[what]; n > 0 {
			all = append(all, words.Number(n)+" "+strings.ReplaceAll(inert.Text(what), "_", " "))
		}
	}
	return strings.Join(all, ", ")
}

// behind returns a text with what stands before it; "" where there is none.
func behind(before, text string) string {
	if text == "" {
		return ""
	}
	return before + inert.Text(text)
}
