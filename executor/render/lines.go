package render

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/planner"
)

// Lines writes the events of a run as JSON, an object a line, in the form that
// docs/events.schema.json describes. Values of attributes are not among them, and
// what they tell of persons is masked where the events are.
type Lines struct {
	to   io.Writer
	last job.Event // the one that ends the run, which [Lines.End] writes
	far  time.Time // when it was last written how far something is
	text bytes.Buffer
	err  error // the first one
}

// NewLines returns a view that writes to w.
func NewLines(w io.Writer) *Lines { return &Lines{to: inert.JSON(w)} }

// farEvery is how often it is written how far something is.
const farEvery = time.Second

// Show writes an event, but for the one that ends the run: how the process ends
// is not known yet.
func (l *Lines) Show(e job.Event) {
	switch d := e.Details.(type) {
	case job.Ended:
		l.last = e
		return
	case job.Planned:
		l.changes(e, d.Plan, false)
	case job.FollowPlanned:
		l.changes(e, d.Plan, true)
	}
	if e.Number == 0 {
		if e.Time.Sub(l.far) < farEvery {
			return
		}
		l.far = e.Time
	}
	l.write(lineOf(e))
}

// Failure is the first error of a write.
func (l *Lines) Failure() error { return l.err }

// End writes the last line: how the command ends, and what became of the run.
func (l *Lines) End(e End) error {
	line := endLine{
		head: headOf(l.last, "ended"), ExitCode: e.ExitCode, Reason: e.Reason, Line: e.Line, Message: e.Message,
		Reasons: []job.Reason{}, outcome: outcomeOf(nil),
	}
	if d, ok := l.last.Details.(job.Ended); ok {
		line.add(d.Result)
	} else {
		line.Time = e.At.UTC()
	}
	l.write(line)
	return l.err
}

// write writes one line, and those that were added before.
func (l *Lines) write(line any) {
	l.add(line)
	l.flush()
}

// add adds a line that may wait for others.
func (l *Lines) add(line any) {
	enc := json.NewEncoder(&l.text)
	enc.SetEscapeHTML(false)
	l.err = cmp.Or(l.err, enc.Encode(line))
	if l.text.Len() > 1<<16 {
		l.flush()
	}
}

func (l *Lines) flush() {
	if l.err == nil {
		_, l.err = l.to.Write(l.text.Bytes())
	}
	l.text.Reset()
}

// changes adds the changes of a plan, a line each.
func (l *Lines) changes(e job.Event, p *planner.Plan, follow bool) {
	for i := range p.Changes {
		c := &p.Changes[i]
		l.add(changeLine{
			head: headOf(e, "change"), ID: c.ID, Domain: c.Domain, Attribute: c.Attribute, Element: c.Element, Action: c.Action,
			Status: c.Status, Reason: c.Reason, Hazard: c.Hazard, Cost: c.Cost, Follow: follow,
			Origin: c.Origin, Logged: c.Logged,
		})
	}
}

// head is what every line begins with.
type head struct {
	Type   string    `json:"type"`
	Number int       `json:"number,omitempty"`
	Time   time.Time `json:"time"`
	Job    string    `json:"job,omitempty"`
	Run    int64     `json:"run,omitempty"`
}

// headOf is the head of a line for an event. The line of a change has no number:
// it is a part of the event of its plan.
func headOf(e job.Event, kind string) head {
	h := head{kind, e.Number, e.Time.UTC(), e.Job, e.Run}
	if kind == "change" {
		h.Number = 0
	}
	return h
}

type beganLine struct {
	head
	Operation job.Operation `json:"operation"`
	Endpoint  string        `json:"endpoint"`
	Version   string        `json:"version"`
}

type settledLine struct {
	head
	Follow bool `json:"follow,omitempty"`
	outcome
}

// outcome is what a report says as a whole.
type outcome struct {
	Counts    map[string]int `json:"counts"` // of changes, by their result
	Unlocked  []string       `json:"unlocked,omitempty"`
	OpenTasks []string       `json:"open_tasks,omitempty"`
	Trouble   []string       `json:"trouble,omitempty"`
}

func outcomeOf(r *executor.Report) outcome {
	if r == nil || r.Counts == nil {
		return outcome{Counts: map[string]int{}}
	}
	return outcome{r.Counts, r.Unlocked, r.OpenTasks, r.Trouble}
}

type countsLine struct {
	head
	Counts  map[string]int `json:"counts"`
	Seconds *float64       `json:"seconds,omitempty"`
	Waiting string         `json:"waiting,omitempty"`
	Until   *time.Time     `json:"until,omitempty"`
	Left    float64        `json:"seconds_left,omitempty"`
}

type refreshingLine struct {
	head
	Counts   map[string]int `json:"counts"`
	Distrust string         `json:"distrust,omitempty"`
}

type foreseenLine struct {
	head
	Part    job.Part       `json:"part"`
	Calls   map[string]int `json:"calls"`
	Seconds float64        `json:"seconds"`
	Names   int            `json:"names,omitempty"`
}

type readingLine struct {
	head
	Counts map[string]int `json:"counts"`
	Left   float64        `json:"seconds_left"`
}

type changeLine struct {
	head
	ID        string      `json:"id"`
	Domain    string      `json:"domain"`
	Attribute string      `json:"attribute"`
	Element   string      `json:"element,omitempty"`
	Action    attr.Action `json:"action"`
	Status    attr.Status `json:"status"`
	Reason    string      `json:"reason,omitempty"`
	Hazard    attr.Hazard `json:"hazard"`
	Cost      *attr.Cost  `json:"cost,omitempty"`
	Follow    bool        `json:"follow,omitempty"`

	Origin attr.Origin    `json:"origin,omitempty"`
	Logged *attr.LogEntry `json:"logged,omitempty"`
}

// planLine follows the lines of a plan's changes.
type planLine struct {
	head
	Counts      map[attr.Status]int `json:"counts"` // of changes, by status
	Changed     int                 `json:"changed"`
	Missing     []string            `json:"missing,omitempty"`
	Unmanaged   int                 `json:"unmanaged,omitempty"`
	OwedRelocks []string            `json:"owed_relocks,omitempty"`
	Guards      []planner.Guard     `json:"guards,omitempty"` // those that refuse
	Diagnostics []diagnostic        `json:"diagnostics,omitempty"`
	Threats     []planner.Threat    `json:"threats,omitempty"`
	Failures    int                 `json:"failures,omitempty"`
	Stale       []planner.Stale     `json:"stale,omitempty"`
	Already     []string            `json:"already,omitempty"`
	OtherFiles  bool                `json:"other_files,omitempty"`
}

// diagnostic is something to know about a plan or one of its names.
type diagnostic struct {
	Severity planner.Severity `json:"severity"`
	Domain   string           `json:"domain,omitempty"`
	Summary  string           `json:"summary"`
	Detail   string           `json:"detail,omitempty"`
}

func planLineOf(h head, p *planner.Plan) planLine {
	line := planLine{
		head: h, Counts: p.Summary.Changes, Changed: p.Summary.Changed, Missing: p.Missing, Unmanaged: p.Summary.Unmanaged,
		OwedRelocks: p.OwedRelocks, Threats: p.Threats, Failures: len(p.Failures),
	}
	for _, g := range p.Guards {
		if g.Refuses {
			line.Guards = append(line.Guards, g)
		}
	}
	for _, d := range p.Diagnostics {
		line.Diagnostics = append(line.Diagnostics, diagnostic{d.Severity, d.Domain, d.Summary, d.Detail})
	}
	return line
}

type approvedLine struct {
	head
	By string `json:"by,omitempty"`
}

type refusedLine struct {
	head
	Reason string `json:"reason"`
}

type submittedLine struct {
	head
	Operation string   `json:"operation"`
	Names     []string `json:"names"`
	Task      string   `json:"task"`
}

type lostLine struct {
	head
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"` // when the state counts as whole again
}

// resultLine is how steps ended, or what the account shows of changes.
type resultLine struct {
	head
	Attribute string                `json:"attribute"`
	Operation string                `json:"operation,omitempty"`
	Result    executor.ChangeResult `json:"result"`
	Names     []string              `json:"names"`
	Changes   []string              `json:"changes"`
	Code      string                `json:"code,omitempty"`
	Message   string                `json:"message,omitempty"`
	RequestID string                `json:"request_id,omitempty"`
	Task      string                `json:"task,omitempty"`
}

type executedLine struct {
	head
	Interrupted bool    `json:"interrupted,omitempty"`
	Seconds     float64 `json:"seconds"`
	outcome
}

type endLine struct {
	head
	Operation job.Operation `json:"operation,omitempty"`
	ExitCode  int           `json:"exit_code"`
	Reason    string        `json:"reason,omitempty"`
	Line      string        `json:"last_line,omitempty"`
	Message   string        `json:"message,omitempty"`
	Reasons   []job.Reason  `json:"reasons"`
	// Conditions are what a person has to know of, the severest first.
	Conditions  []job.Condition `json:"conditions,omitempty"`
	Interrupted bool            `json:"interrupted,omitempty"`
	Seconds     float64         `json:"seconds,omitempty"`
	Work        []job.Work      `json:"work,omitempty"`
	outcome
}

// add adds what became of a run that began.
func (l *endLine) add(r *job.Result) {
	l.Operation, l.Reasons, l.outcome = r.Operation, append(l.Reasons, r.Reasons...), outcomeOf(r.Report)
	l.Interrupted, l.Work, l.Conditions = r.Stopped, r.Work, r.Conditions
	if r.Report != nil {
		l.Run, l.Interrupted, l.Seconds = r.Report.Run, r.Report.Interrupted, r.Report.Seconds
	}
}

// lineOf returns the line for an event.
func lineOf(e job.Event) any {
	h := headOf(e, e.Kind())
	switch d := e.Details.(type) {
	case job.Began:
		return beganLine{h, d.Operation, d.Endpoint, d.Version}
	case job.StateLost:
		return lostLine{h, d.Loss.Reason, d.Loss.At.UTC()}
	case job.Settled:
		return settledLine{h, d.Follow, outcomeOf(d.Report)}
	case job.Refreshing:
		return refreshingLine{
			h, map[string]int{"names": d.Names, "known": d.Known, "changed": d.Changed, "due": d.Due}, d.Distrust,
		}
	case job.Foreseen:
		return foreseenLine{h, d.Part, d.Calls, d.Seconds, d.Names}
	case job.Reading:
		return readingLine{h, map[string]int{"done": d.Done, "all": d.All}, d.Left.Seconds()}
	case job.Read:
		return countsLine{head: h, Counts: map[string]int{"names": d.Names, "failures": d.Failures}, Seconds: &d.Seconds}
	case job.Planned:
		line := planLineOf(h, d.Plan)
		line.Already, line.OtherFiles = d.Done, d.OtherFiles
		for _, s := range d.Stale {
			line.Stale = append(line.Stale, planner.Stale{ID: s.ID, Domain: s.Domain, Reason: s.Reason})
		}
		return line
	case job.FollowPlanned:
		return planLineOf(h, d.Plan)
	case job.Approved:
		return approvedLine{h, d.By}
	case job.Refused:
		return refusedLine{h, d.Reason}
	case job.Executed:
		return executedLine{h, d.Report.Interrupted, d.Report.Seconds, outcomeOf(d.Report)}
	case executor.Executing:
		return countsLine{head: h, Counts: map[string]int{"changes": d.Changes, "steps": d.Steps}}
	case executor.Submitted:
		return submittedLine{h, d.Operation, d.Names, d.Task}
	case executor.StepResult:
		return resultLine{h, d.Attribute, d.Operation, d.Result, d.Names, d.Changes, d.Code, d.Message, d.RequestID, d.Task}
	case executor.ReadBack:
		return resultLine{head: h, Attribute: d.Attribute, Result: d.Result, Names: d.Names, Changes: d.Changes, Message: d.Message}
	case executor.Progress:
		return progressLine(h, d)
	}
	return h
}

func progressLine(h head, p executor.Progress) countsLine {
	line := countsLine{head: h, Waiting: p.Waiting, Left: p.Left.Seconds(), Counts: map[string]int{
		"steps": p.Steps, "sent": p.Sent, "ended": p.Settled, "failed": p.Failed, "in_doubt": p.InDoubt, "not_sent": p.NotSent,
		"verified": p.Verified, "acknowledged": p.Acknowledged, "open_tasks": p.Tasks,
	}}
	if !p.Until.IsZero() {
		until := p.Until.UTC()
		line.Until = &until
	}
	return line
}
