package fleet

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// Action is what a job does with its account.
type Action string

// The actions.
const (
	Apply Action = "apply" // make the changes that are approved
	Plan  Action = "plan"  // say what they would be
)

// A Job is what a file says of one account, and of when it is looked after.
type Job struct {
	Name string
	// Dir is the directory of the account's files, from the root on.
	Dir      string
	Schedule Schedule // zero: the job runs when somebody asks for it
	Action   Action
	// Approve are the hazards of the changes that are made without a person.
	Approve  []attr.Hazard
	Targets  []string // patterns of names; none: all
	Priority int
	// Notify are names of addresses: "ops" is DOMAINSYNC_NOTIFY_OPS. Nil: the
	// addresses without a name.
	Notify []string
	// Heartbeat is the name of the address that is called after each complete run;
	// "": none is.
	Heartbeat string
	// State is where the account's journal lies: a directory from the root on, a URL, or
	// @ before a file that holds one.
	State string
	// Policy is the file of what the operator permits at most; "": that of the process.
	Policy string
	Source hcl.Range // of its header

	account string // in the state of the fleet; "": the job has a state of its own
}

// Account tells whose account it is: jobs of one account never run at the same time. It
// stands in the table, and has no secret of a state.
func (j *Job) Account() string {
	if j.account != "" {
		return j.account
	}
	if sharedState(j.State) {
		return j.stateName() + " " + j.Dir
	}
	return j.State
}

// usualState is where the journal lies of a job that names no state, on one machine.
func (j *Job) usualState() string { return filepath.Join(j.Dir, ".domainsync") }

// stateName is what the job's state is called for people: without its secrets.
func (j *Job) stateName() string {
	if journal.Shared(j.State) {
		return journal.Where(j.State)
	}
	return j.State
}

// sharedState reports whether many accounts may lie in a state.
func sharedState(state string) bool { return journal.Shared(state) || strings.HasPrefix(state, "@") }

// Declaration is what a [Table] has to know of the job.
func (j *Job) Declaration() Declaration {
	return Declaration{Name: j.Name, Schedule: j.Schedule, Priority: j.Priority, Account: j.Account()}
}

// A File is what an operator wants to be run.
type File struct {
	Jobs []Job // by name
	// Persons is how many of them have to approve a change of a hazard.
	Persons map[attr.Hazard]int
	// People are those who may look at the fleet, and act on it, by name.
	People    []Person
	Pages     Pages
	Retention Retention

	// places are what the file calls paths relative to it, by what they are on this machine.
	places map[string]string
}

// Job returns a job by its name; nil: there is none.
func (f *File) Job(name string) *Job {
	i, found := slices.BinarySearchFunc(f.Jobs, name, func(j Job, name string) int { return strings.Compare(j.Name, name) })
	if !found {
		return nil
	}
	return &f.Jobs[i]
}

// LoadOptions say what a file is checked against.
type LoadOptions struct {
	// Notify reports whether there is an address of a name; nil: nobody knows.
	Notify func(name string) bool
	// Address is what such an address is called, for people.
	Address func(name string) string
	Bounds  config.Bounds
	// State is where the journals of jobs lie that name no state, where machines share a
	// fleet; "": each in the directory of its job.
	State string
	// Heartbeat returns the variable that holds the address of a watcher, and whether
	// there is one; nil: nobody knows.
	Heartbeat func(name string) (variable string, given bool)
	// Now is when tokens must be valid; zero: whether they are is not said.
	Now time.Time
}

// Load reads the file of a fleet, and reports every mistake. The file is nil where one of
// them is an error.
func Load(path string, o LoadOptions) (*File, config.Diagnostics) {
	dir, name := filepath.Dir(path), filepath.Base(path)
	root, err := os.OpenRoot(dir)
	if err != nil {
		e := config.NewEvaluator(os.DirFS("."), o.Bounds)
		e.Report(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "File cannot be read", Detail: fmt.Sprintf("The directory of %s cannot be opened: %v.", path, err)})
		return nil, e.Diagnostics(dir)
	}
	defer root.Close() //nolint:errcheck // it was only read from
	if err := readable(root, name); err != nil {
		e := config.NewEvaluator(root.FS(), o.Bounds)
		e.Report(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "File cannot be read", Detail: fmt.Sprintf("%s cannot be read: %v. It declares the jobs of a fleet, and --fleet says where it is.", path, err)})
		return nil, e.Diagnostics(dir)
	}
	l := &loader{
		Evaluator: config.NewEvaluator(root.FS(), o.Bounds), o: o, dir: journal.Where(dir), name: name,
		file: &File{Persons: make(map[attr.Hazard]int), Pages: Pages{Session: usualSession}, Retention: usualRetention, places: make(map[string]string)}, jobs: make(map[string]*hcl.Range), approval: make(map[attr.Hazard]*hcl.Range),
		people: newPeople(),
	}
	if l.Parse(name, l.body) {
		l.finish()
	}
	diags := l.Diagnostics(dir)
	if diags.HasErrors() {
		return nil, diags
	}
	return l.file, diags
}

// readable says why a file cannot be read.
func readable(root *os.Root, name string) error {
	info, err := root.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		return errors.New("it is no regular file") // opening a pipe would wait
	}
	f, err := root.Open(name)
	if e, ok := errors.AsType[*fs.PathError](err); ok && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)) {
		return e.Err
	} else if err != nil {
		return nil //nolint:nilerr // as of a link that leads elsewhere: who reads it says so
	}
	return f.Close()
}

// loader reads one file.
type loader struct {
	*config.Evaluator
	o         LoadOptions
	dir, name string // of the file; the directory from the root on, so that one has one name
	file      *File
	jobs      map[string]*hcl.Range // by name
	block     *hcl.Range            // of the approval block; nil: there is none
	approval  map[attr.Hazard]*hcl.Range
	approved  []approvedHazard
	people    people
	pages     *hcl.Range // of the pages block; nil: there is none
	retention *hcl.Range // of the retention block; nil: there is none
}

// approvedHazard is a hazard that a job approves by itself.
type approvedHazard struct {
	job    string
	hazard attr.Hazard
	at     *hcl.Range
}

var fileSchema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
	{Type: "job", LabelNames: []string{"name"}},
	{Type: "approval"},
	{Type: "person", LabelNames: []string{"name"}},
	{Type: "pages"},
	{Type: "retention"},
}}

func (l *loader) body(body hcl.Body) {
	for _, block := range l.Content(body, fileSchema, nil).Blocks {
		switch block.Type {
		case "job":
			l.readJob(block)
		case "approval":
			l.readApproval(block)
		case "person":
			l.readPerson(block)
		case "pages":
			l.readPages(block)
		case "retention":
			l.readRetention(block)
		}
	}
}

// jobName is what a job can be called: names stand in logs, metrics and file names.
var jobName = regexp.MustCompile(`^[a-z0-9]([a-z0-9_.-]{0,62}[a-z0-9])?$`)

func (l *loader) readJob(block *hcl.Block) {
	name, at := block.Labels[0], block.DefRange.Ptr()
	if !jobName.MatchString(name) {
		l.ReportAt(&block.LabelRanges[0], "Not a name of a job", "%q is no name of a job: it has up to 64 characters of a-z, 0-9, dot, _ and -, and begins and ends with a letter or a digit.", name)
	}
	if first := l.jobs[name]; first != nil {
		l.ReportAt(at, fmt.Sprintf("Duplicate job %q", name), "The job %q is already on line %d. Give one of the two another name.", name, first.Start.Line)
		return
	}
	l.jobs[name] = at
	j := Job{Name: name, Action: Apply, Source: *at}
	args := l.Content(block.Body, schemaOf(jobArguments), at).Attributes
	for _, a := range jobArguments {
		if given := args[a.Name]; given != nil && a.read != nil {
			a.read(l, &j, given)
		}
	}
	l.readSchedule(&j, args["schedule"], args["timezone"])
	l.finishJob(&j, args)
	l.file.Jobs = append(l.file.Jobs, j)
}

// finishJob checks what the arguments of a job come to together.
func (l *loader) finishJob(j *Job, args hcl.Attributes) {
	if j.Action == Plan && args["approve"] != nil {
		l.ReportAt(&args["approve"].NameRange, "Nothing to approve", "The job %q only plans, so that there is nothing to approve: leave out approve, or have it apply.", j.Name)
	}
	if j.Dir == "" {
		return // said where it is missing
	}
	dir := args["dir"].Expr.Range().Ptr()
	if _, err := os.Stat(j.Dir); err != nil {
		l.Report(&hcl.Diagnostic{
			Severity: hcl.DiagWarning, Summary: "No directory yet", Subject: dir,
			Detail: fmt.Sprintf("%s cannot be opened: %v. The job fails until it is there.", j.Dir, err),
		})
	}
	switch {
	case j.State != "" && l.o.State != "" && !sharedState(j.State):
		l.ReportAt(&args["state"].NameRange, "A state on one machine", "The journal of the job %q would lie in %s, and machines share this fleet: on each of them it would be another one, which does not know what the others sent and bought. Leave out state, so that it lies beside the jobs, or name a state that the machines share.", j.Name, j.State)
		return
	case j.State != "":
		return
	case l.o.State != "":
		j.State, j.account = l.o.State, l.place(j.Dir)
		return
	}
	j.State = j.usualState()
	if link := l.linkIn(j.Dir); link != "" {
		l.ReportAt(dir, "No state", "The job says no state, so that its journal would lie in %s, and %s is a link: with the next files behind it the journal would be another one, which does not know what was sent and bought. Say where it lies: state = \"state/%s\".", j.State, link, j.Name)
	}
}

// place is a directory as it is called on each machine: from the file of the fleet on.
func (l *loader) place(dir string) string {
	if rel, err := filepath.Rel(l.dir, dir); err == nil {
		return filepath.ToSlash(rel)
	}
	return dir
}

// linkIn returns the first part of a directory's path that is a link; "": none is. Links
// above the file of the fleet are its operator's own.
func (l *loader) linkIn(dir string) string {
	above, rest := l.dir, dir
	if rel, err := filepath.Rel(l.dir, dir); err == nil && filepath.IsLocal(rel) {
		rest = rel
	} else if filepath.IsAbs(dir) {
		above = filepath.VolumeName(dir) + string(filepath.Separator)
		rest = strings.TrimPrefix(strings.TrimPrefix(dir, filepath.VolumeName(dir)), string(filepath.Separator))
	} else {
		above = ""
	}
	for step := range strings.SplitSeq(rest, string(filepath.Separator)) {
		above = filepath.Join(above, step)
		if info, err := os.Lstat(above); err == nil && info.Mode()&os.ModeSymlink != 0 {
			return above
		}
	}
	return ""
}

// readSchedule reads when a job is due.
func (l *loader) readSchedule(j *Job, schedule, timezone *hcl.Attribute) {
	zone := "UTC"
	if timezone != nil {
		text, ok := l.Text(timezone)
		if !ok {
			return
		}
		if _, err := parseZone(text); err != nil {
			l.ReportAt(timezone.Expr.Range().Ptr(), "Unknown time zone", "%s.", sentence(err))
			return
		}
		zone = text
	}
	if schedule == nil {
		if timezone != nil {
			l.ReportAt(&timezone.NameRange, "No schedule", "A time zone says how a schedule is read, and the job %q has none.", j.Name)
		}
		return
	}
	text, ok := l.Text(schedule)
	if !ok {
		return
	}
	var err error
	if j.Schedule, err = ParseSchedule(text, zone); err != nil {
		l.ReportAt(schedule.Expr.Range().Ptr(), "Not a schedule", "%q is no schedule: %v. Write it as for cron: \"17 3 * * *\" is each day at 03:17.", text, err)
	}
}

// sentence is an error as the begin of a sentence.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

// mostPersons bounds what an approval block can ask for.
const mostPersons = 100

// readApproval reads how many persons have to approve changes, by hazard.
func (l *loader) readApproval(block *hcl.Block) {
	if !l.First(block, &l.block) {
		return
	}
	schema := &hcl.BodySchema{}
	for _, h := range personsHazards() {
		schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: string(h)})
	}
	args := l.Content(block.Body, schema, l.block).Attributes
	for _, name := range slices.Sorted(maps.Keys(args)) {
		n, ok := l.whole(args[name], 1, mostPersons, "persons that must agree")
		if !ok {
			continue
		}
		hazard, at := attr.Hazard(name), args[name].Expr.Range().Ptr()
		l.file.Persons[hazard], l.approval[hazard] = n, at
		if hazard == attr.PolicyHazard && n > 1 {
			l.ReportAt(at, "One person", "What files permit beyond the last apply takes effect with an apply that a person answers with yes: %s = 1 is the most.", name)
		}
	}
}

// personsHazards are those that persons can be asked about.
func personsHazards() []attr.Hazard {
	return slices.DeleteFunc(attr.Hazards(), func(h attr.Hazard) bool { return h == attr.None })
}

// finish checks what the file says as a whole.
func (l *loader) finish() {
	if len(l.jobs) == 0 {
		l.ReportAt(&hcl.Range{Filename: l.name, Start: hcl.InitialPos, End: hcl.InitialPos}, "No job", `The file has no job, as a file that was cut off. Write one: job "corp" { dir = "accounts/corp" }.`)
	}
	for _, a := range l.approved {
		if by := l.approval[a.hazard]; by != nil {
			l.ReportAt(a.at, "Approved by itself", "The job %q approves changes of the hazard %s, and the approval block on line %d wants a person to: take it out of one of the two.", a.job, a.hazard, by.Start.Line)
		}
	}
	l.checkApprovers()
	slices.SortFunc(l.file.Jobs, func(x, y Job) int { return strings.Compare(x.Name, y.Name) })
	slices.SortFunc(l.file.People, func(x, y Person) int { return strings.Compare(x.Name, y.Name) })
	l.checkStates()
}

// checkApprovers refuses a rule that nobody could meet: that asks more persons than may
// approve.
func (l *loader) checkApprovers() {
	have := len(l.file.Rule().People)
	for _, h := range personsHazards() {
		if n := l.file.Persons[h]; n > 1 && n > have {
			l.ReportAt(l.approval[h], "Too few persons", "%s = %d asks more persons than may approve, which are %d: give person blocks with the role approver or admin.", h, n, have)
		} else if n == 1 && have == 0 && len(l.file.People) > 0 {
			l.ReportAt(l.approval[h], "Too few persons", "%s = 1 asks a person, and nobody may approve: give a person block the role approver or admin.", h)
		}
	}
}

// Rule is what the file says of who has to approve changes, as it stands in the state of
// each account.
func (f *File) Rule() *planner.PersonRule {
	r := &planner.PersonRule{Persons: f.Persons}
	for i := range f.People {
		if p := &f.People[i]; p.Role.Permits(Approver) {
			r.People = append(r.People, planner.RulePerson{Name: p.Name, Aliases: p.Aliases})
		}
	}
	return r
}

// checkStates refuses a directory with two states, and a state that holds one account
// under two directories.
func (l *loader) checkStates() {
	states, dirs := make(map[string]*Job), make(map[string]*Job)
	for i := range l.file.Jobs {
		j := &l.file.Jobs[i]
		if j.Dir == "" || j.State == "" {
			continue
		}
		first := cmp.Or(dirs[j.Dir], j)
		if dirs[j.Dir] = first; first.State != j.State {
			l.ReportAt(&j.Source, "Two states", "The jobs %q and %q have the same directory, and two states: %s and %s. One account has one state.", first.Name, j.Name, first.stateName(), j.stateName())
		}
		if sharedState(j.State) {
			continue
		}
		first = cmp.Or(states[j.State], j)
		if states[j.State] = first; first.Dir != j.Dir {
			l.ReportAt(&j.Source, "Two accounts", "The jobs %q and %q have the same state, %s, and two directories: a state in a directory holds one account.", first.Name, j.Name, j.State)
		}
	}
}
