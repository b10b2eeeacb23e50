package fleet

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/gocty"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

//go:generate go run ./internal/reference ../../docs/fleet.md

// An Argument is one of a block.
type Argument struct {
	Name     string
	Type     string // in words
	Default  string // in words; "": it must be given
	Meaning  string
	required bool
	read     func(*loader, *Job, *hcl.Attribute) // nil: others read it
}

// MostPriority bounds priorities.
const MostPriority = 1000

// jobArguments are those of a job block, in the order of the reference.
var jobArguments = []Argument{
	{
		Name: "dir", Type: "text", required: true,
		Meaning: "The directory of the account's files, as a path from the file of the fleet. What is there when a run begins is what it runs.",
		read:    func(l *loader, j *Job, a *hcl.Attribute) { j.Dir = l.path(a) },
	},
	{
		Name: "schedule", Type: "text", Default: "the job runs when somebody asks for it, by jobs run",
		Meaning: "When the job is due, as for cron: minute, hour, day of the month, month, day of the week; or @hourly, @daily, @weekly, @monthly, @every 6h. A time that was missed is run once, late.",
	},
	{
		Name: "timezone", Type: "text", Default: `"UTC"`,
		Meaning: "The time zone in which the schedule is read, by its IANA name. A time that is left out where clocks are set forward is due at the change; one that comes twice is due once. A schedule for every hour goes by elapsed time.",
	},
	{
		Name: "action", Type: "text", Default: `"apply"`,
		Meaning: `"apply" makes the changes that are approved; "plan" only says what they would be.`,
		read:    func(l *loader, j *Job, a *hcl.Attribute) { j.Action = l.action(a) },
	},
	{
		Name: "approve", Type: "list of hazards", Default: `["none"]`,
		Meaning: "The hazards of the changes that are made without a person, as for apply --auto-approve. The others wait for a person's yes, and the exit code is 2.",
		read:    func(l *loader, j *Job, a *hcl.Attribute) { j.Approve = l.hazards(j.Name, a) },
	},
	{
		Name: "targets", Type: "list of patterns", Default: "all names",
		Meaning: "Only these names, as for --target.",
		read:    func(l *loader, j *Job, a *hcl.Attribute) { j.Targets = l.targets(a) },
	},
	{
		Name: "priority", Type: "whole number", Default: "0",
		Meaning: fmt.Sprintf("Of the jobs that are due, those with the greatest number go first; from %d to %d.", -MostPriority, MostPriority),
		read: func(l *loader, j *Job, a *hcl.Attribute) {
			j.Priority, _ = l.whole(a, -MostPriority, MostPriority, "a priority")
		},
	},
	{
		Name: "notify", Type: "list of names", Default: "the addresses in DOMAINSYNC_NOTIFY",
		Meaning: `Who is told: "ops" are the addresses in DOMAINSYNC_NOTIFY_OPS. An empty list tells nobody.`,
		read:    func(l *loader, j *Job, a *hcl.Attribute) { j.Notify = l.notify(a) },
	},
	{
		Name: "heartbeat", Type: "text", Default: "nobody is called",
		Meaning: `Who watches that runs of the job happen: "corp" is the URL in DOMAINSYNC_HEARTBEAT_CORP. It is called after each complete run.`,
		read:    func(l *loader, j *Job, a *hcl.Attribute) { j.Heartbeat = l.heartbeat(a) },
	},
	{
		Name: "state", Type: "text", Default: ".domainsync in dir, or the database of a fleet that lies in one",
		Meaning: "Where the journal of the account lies: a directory, as a path from the file of the fleet, a URL of a state that accounts share, or @ before a file that holds one. It must be given where dir leads over a link. Where the fleet lies in a database, which machines share, a directory is refused.",
		read:    func(l *loader, j *Job, a *hcl.Attribute) { j.State = l.state(a) },
	},
	{
		Name: "policy", Type: "text", Default: "that of the process, by --policy",
		Meaning: "The file of what the operator permits at most, as a path from the file of the fleet.",
		read:    func(l *loader, j *Job, a *hcl.Attribute) { j.Policy = l.path(a) },
	},
}

// Arguments are those of a job block, in the order of the reference.
func Arguments() []Argument { return slices.Clone(jobArguments) }

// schemaOf is what a block of these arguments can hold.
func schemaOf(all []Argument) *hcl.BodySchema {
	s := &hcl.BodySchema{}
	for _, a := range all {
		s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: a.Name, Required: a.required})
	}
	return s
}

// texts computes an argument that is a list of texts; it is not nil where it is given.
func (l *loader) texts(a *hcl.Attribute, of string) []string {
	all := []string{}
	v, ok := l.Constant(a)
	if !ok {
		return all
	}
	list, err := convert.Convert(v, cty.List(cty.String))
	if err != nil || list.IsNull() || !v.Type().IsTupleType() && !v.Type().IsListType() && !v.Type().IsSetType() {
		l.ReportAt(a.Expr.Range().Ptr(), "Wrong type", "%s is a list of %s, each in quotes.", a.Name, of)
		return all
	}
	for _, x := range list.AsValueSlice() {
		if x.IsNull() {
			l.ReportAt(a.Expr.Range().Ptr(), "Wrong type", "%s is a list of %s: null is none.", a.Name, of)
			continue
		}
		all = append(all, x.AsString())
	}
	return all
}

// whole computes an argument that is a whole number within bounds.
func (l *loader) whole(a *hcl.Attribute, least, most int, what string) (int, bool) {
	v, ok := l.Constant(a)
	if !ok {
		return 0, false
	}
	n := 0
	if v.IsNull() || v.Type() != cty.Number || gocty.FromCtyValue(v, &n) != nil || n < least || n > most {
		l.ReportAt(a.Expr.Range().Ptr(), "Wrong number", "%s is a whole number from %d to %d: %s.", a.Name, least, most, what)
		return 0, false
	}
	return n, true
}

// path computes an argument that is a path from the file.
func (l *loader) path(a *hcl.Attribute) string {
	text, ok := l.Text(a)
	if !ok {
		return ""
	}
	if text == "" || strings.ContainsRune(text, 0) {
		l.ReportAt(a.Expr.Range().Ptr(), "Not a path", "%s is empty, or no path of a file.", a.Name)
		return ""
	}
	return l.from(text)
}

// from returns a path of the file as one from the root on.
func (l *loader) from(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	at := filepath.Join(l.dir, path)
	l.file.places[at] = filepath.ToSlash(filepath.Clean(path))
	return at
}

// state computes where a journal lies.
func (l *loader) state(a *hcl.Attribute) string {
	text, ok := l.Text(a)
	switch {
	case !ok:
		return ""
	case text == "" || text == "@":
		l.ReportAt(a.Expr.Range().Ptr(), "Not a state", "state is empty: leave it out, or name a directory.")
		return ""
	case text[0] == '@':
		return "@" + l.from(text[1:])
	case !sharedState(text):
		return l.from(text)
	}
	if err := journal.CheckForm(text); err != nil {
		l.ReportAt(a.Expr.Range().Ptr(), "Not a state", "%s.", sentence(err))
	}
	return text
}

// action computes what a job does.
func (l *loader) action(a *hcl.Attribute) Action {
	word, ok := l.Text(a)
	if !ok {
		return Apply
	}
	known := []string{string(Apply), string(Plan)}
	if !slices.Contains(known, word) {
		l.ReportAt(a.Expr.Range().Ptr(), "Unknown action", `%q is no action: a job has action = "apply" or action = "plan".%s`, word, attr.DidYouMean(attr.Meant(word, known)))
	}
	return Action(word)
}

// hazards computes which changes a job approves.
func (l *loader) hazards(job string, a *hcl.Attribute) []attr.Hazard {
	known := make([]string, 0, len(attr.Hazards()))
	for _, h := range attr.Hazards() {
		known = append(known, string(h))
	}
	all := []attr.Hazard{}
	for _, name := range l.texts(a, "hazards") {
		if !slices.Contains(known, name) {
			l.ReportAt(a.Expr.Range().Ptr(), "Unknown hazard", "No hazard is called %q. There are %s.%s", name, strings.Join(known, ", "), attr.DidYouMean(attr.Meant(name, known)))
			continue
		}
		all = append(all, attr.Hazard(name))
		l.approved = append(l.approved, approvedHazard{job, attr.Hazard(name), a.Expr.Range().Ptr()})
	}
	return all
}

// targets computes which names are wanted.
func (l *loader) targets(a *hcl.Attribute) []string {
	all := l.texts(a, "patterns of names")
	if len(all) == 0 {
		l.ReportAt(a.Expr.Range().Ptr(), "No target", "An empty list selects no name: leave targets out, for all names.")
	}
	if _, err := planner.SelectTargets(all); err != nil {
		l.ReportAt(a.Expr.Range().Ptr(), "Not a target", "%s.", sentence(err))
	}
	return all
}

// addressName is what an address can be called.
var addressName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)

// notify computes who is told.
func (l *loader) notify(a *hcl.Attribute) []string {
	all := l.texts(a, "names")
	for _, name := range all {
		switch {
		case !addressName.MatchString(name):
			l.ReportAt(a.Expr.Range().Ptr(), "Not a name of an address", "%q is no name of an address: it has letters, digits and _, and begins with a letter.", name)
		case l.o.Notify != nil && !l.o.Notify(name):
			l.ReportAt(a.Expr.Range().Ptr(), "No address", "There is no address called %q: %s is not set where this process runs.", name, l.o.Address(name))
		}
	}
	return all
}

// heartbeat computes who watches that runs happen.
func (l *loader) heartbeat(a *hcl.Attribute) string {
	name, ok := l.Text(a)
	switch {
	case !ok:
	case !addressName.MatchString(name):
		l.ReportAt(a.Expr.Range().Ptr(), "Not a name of an address", "%q is no name of an address: it has letters, digits and _, and begins with a letter.", name)
	case l.o.Heartbeat != nil:
		if variable, given := l.o.Heartbeat(name); !given {
			l.ReportAt(a.Expr.Range().Ptr(), "No address", "There is no address called %q: %s is not set where this process runs.", name, variable)
		}
	}
	return name
}
