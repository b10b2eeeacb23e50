package report

import (
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// A Detail is all that is known of one name. docs/domain.schema.json describes its
// form in JSON.
type Detail struct {
	FormatVersion int          `json:"format_version"`
	Name          string       `json:"name"`  // in Unicode
	ASCII         string       `json:"ascii"` // in A-labels
	Standing      Standing     `json:"standing"`
	Flags         []string     `json:"flags"`
	Account       string       `json:"account"` // "": the account holds no name to tell it
	Endpoint      string       `json:"endpoint"`
	ReadAt        time.Time    `json:"read_at"`
	Block         *Block       `json:"block"` // nil: no file declares it
	Term          *Term        `json:"term"`  // nil: the account lacks it
	Attributes    []Attribute  `json:"attributes"`
	Threats       []Threat     `json:"threats"`
	Holds         []Hold       `json:"holds"`
	Approvals     []Approval   `json:"approvals"`
	Tasks         []Task       `json:"tasks"`
	Remarks       []Remark     `json:"remarks"`
	Log           []LogEntry   `json:"log"`  // of the service, the newest first; nil: it was not asked, or did not answer
	Runs          []ChangeSent `json:"runs"` // the newest first
	// Unsent are the changes that runs were to make, and of which they sent nothing, the
	// newest first.
	Unsent []ChangeUnsent `json:"unsent"`
}

// DetailVersion is the version of the form of a [Detail] in JSON.
const DetailVersion = 1

// Block is the block that declares a name, and what it says of it beside attributes.
type Block struct {
	Name            string            `json:"name"` // such as domains "parked"
	Source          attr.Source       `json:"source"`
	Template        string            `json:"template,omitempty"` // that it names; "": none
	Labels          map[string]string `json:"labels"`
	Critical        bool              `json:"critical"`
	TemporaryUnlock bool              `json:"temporary_unlock"`
}

// Term is what is live of the term of a name.
type Term struct {
	Registered time.Time `json:"registered,omitzero"` // zero: not known
	Expires    time.Time `json:"expires,omitzero"`    // zero: not known
	DaysLeft   *int      `json:"days_left"`           // nil: not known
	AsksFor    string    `json:"status"`              // what it asks for, in words; "": not known
	ReadAt     time.Time `json:"read_at"`
}

// Attribute is what is declared and what is live of one attribute.
type Attribute struct {
	Name     string        `json:"name"`
	Declared *Declared     `json:"declared"` // nil: it is left as it is
	Live     *Live         `json:"live"`     // nil: it is not known, or there is no name
	Unknown  string        `json:"unknown,omitempty"`
	Changes  []attr.Change `json:"changes"` // what a plan has of it
}

// Declared is a declared value and where it comes from.
type Declared struct {
	Value    attr.Value  `json:"value"`
	Text     string      `json:"text"`
	Source   attr.Source `json:"source"`
	Template string      `json:"template,omitempty"` // in which the expression stands; "": in the name's own block
}

// Live is a live value and when it was read.
type Live struct {
	Value  attr.Value `json:"value"`
	Text   string     `json:"text"`
	ReadAt time.Time  `json:"read_at"`
}

// Threat is a state that threatens a name.
type Threat = planner.Threat

// Hold is a hold block or a pause that keeps a name, or some of it, as it is.
type Hold struct {
	Kind       string       `json:"kind"`            // hold or pause
	Label      string       `json:"label,omitempty"` // of the block
	Attributes []string     `json:"attributes"`      // none: all
	Until      time.Time    `json:"until,omitzero"`  // zero: for good
	Reason     string       `json:"reason,omitempty"`
	By         string       `json:"by,omitempty"` // who paused it
	Source     *attr.Source `json:"source,omitempty"`
}

// Approval is a person's yes to a change of a name.
type Approval struct {
	Change string    `json:"change"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until"`
	Used   bool      `json:"used"`
}

// Task is a change of ours whose end is not known yet, or a task of somebody else.
type Task struct {
	Change string `json:"change,omitempty"` // "": it is of somebody else
	Reason string `json:"reason"`
}

// Remark is what a plan says of a name beside its changes.
type Remark struct {
	Severity planner.Severity `json:"severity"`
	Summary  string           `json:"summary"`
	Detail   string           `json:"detail,omitempty"`
	Deadline time.Time        `json:"deadline,omitzero"` // when what it warns of comes at the latest; zero: there is no such time
}

// LogEntry is an entry of the service's change log.
type LogEntry struct {
	At        time.Time `json:"at,omitzero"` // its time zone is not sure
	Operation string    `json:"operation"`
	Details   string    `json:"details,omitempty"`
	Result    string    `json:"result,omitempty"`
	Address   string    `json:"address,omitempty"` // of who did it
}

// ChangeSent is a step of a change that a run of ours sent.
type ChangeSent struct {
	Run       int64     `json:"run"`
	Command   string    `json:"command"`        // that began the run
	By        string    `json:"by,omitempty"`   // who began it; "": a former program recorded it
	Link      string    `json:"link,omitempty"` // to the run of a CI
	At        time.Time `json:"at"`
	Step      string    `json:"step"`
	Operation string    `json:"operation"`
	Task      string    `json:"task,omitempty"`
	State     string    `json:"state"`
	Known     time.Time `json:"known,omitzero"` // when that was recorded
	Message   string    `json:"message,omitempty"`
	RequestID string    `json:"request_id,omitempty"`
	Change    *Made     `json:"change,omitempty"` // nil: it was not read, as of older runs
}

// ChangeUnsent is a change that a run of ours was to make, and of which it sent nothing.
type ChangeUnsent struct {
	Run     int64     `json:"run"`
	Command string    `json:"command"`        // that began the run
	By      string    `json:"by,omitempty"`   // who began it; "": a former program recorded it
	Link    string    `json:"link,omitempty"` // to the run of a CI
	Began   time.Time `json:"began"`
	ID      string    `json:"id"`
	Made
	Message string `json:"message,omitempty"` // why, as far as that is recorded
}

// Made is a change that a step was sent for, or was to be.
type Made struct {
	Before attr.Value `json:"before"` // nil: nothing was there
	After  attr.Value `json:"after"`  // nil: nothing was to be left
	Result string     `json:"result"` // of the run, such as verified
}
