package executor

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// storedLine is one line of a plan in the journal. The first is the plan
// without its changes; each other is one change that is ready, or one that the
// plan has announced to follow.
type storedLine struct {
	Plan   *planner.Plan `json:"plan,omitempty"`
	Change *attr.Change  `json:"change,omitempty"`
	Unlock *attr.Change  `json:"unlock,omitempty"`
	Follow *attr.Change  `json:"follow,omitempty"`
	// ListedBy is that of the change ([attr.Change.ListedBy]).
	ListedBy string `json:"listed_by,omitempty"`
}

// writePlan writes what of a plan is executed, a change a line. The declared
// names are kept beside it, and so are persons unless there are none to be known.
func writePlan(w io.Writer, p *planner.Plan, persons *journal.Persons) error {
	enc := json.NewEncoder(w)
	head := *p
	if persons != nil {
		head = *p.MapWords(persons.Hide)
		head.Undo = p.Undo.Named() // the values are those of another run, which has them
	}
	if persons == nil { // where it was reviewed is no part of the plan's identity
		head.Commit, head.Labels, head.StoredAs = "", nil, ""
	}
	head.Changes, head.Declared, head.Unmanaged, head.Conditions, head.Settings = nil, nil, nil, nil, nil
	err := enc.Encode(storedLine{Plan: &head})
	for _, c := range p.Executed() {
		c = referring(c, persons)
		line := storedLine{Change: c}
		if persons != nil { // else it is the plan's identity, of which this is no part
			line.ListedBy = c.ListedBy
		}
		if c.Temporary() {
			line = storedLine{Unlock: c}
		}
		err = errors.Join(err, enc.Encode(line))
	}
	if err != nil {
		return fmt.Errorf("the plan cannot be stored: %w", err)
	}
	return nil
}

// writeFollows writes what a plan has announced to follow what is executed.
func writeFollows(w io.Writer, p *planner.Plan, persons *journal.Persons) error {
	enc := json.NewEncoder(w)
	for _, c := range p.Follows() {
		if err := enc.Encode(storedLine{Follow: referring(c, persons)}); err != nil {
			return fmt.Errorf("the plan cannot be stored: %w", err)
		}
	}
	return nil
}

// decodePlan reads a plan of the journal.
func decodePlan(data []byte) (*planner.Plan, error) {
	dec := json.NewDecoder(bufio.NewReader(bytes.NewReader(data)))
	var p *planner.Plan
	for {
		var line storedLine
		err := dec.Decode(&line)
		switch {
		case errors.Is(err, io.EOF) && p != nil:
			return p, nil
		case err != nil:
			return nil, fmt.Errorf("the stored plan cannot be read: %w", err)
		case line.Plan != nil:
			p = line.Plan
		case p == nil:
			return nil, errors.New("the stored plan does not begin with its head")
		case line.Change != nil:
			line.Change.ListedBy = line.ListedBy
			p.Changes = append(p.Changes, *line.Change)
		case line.Unlock != nil:
			p.Changes = append(p.Changes, *line.Unlock)
		case line.Follow != nil:
			p.Changes = append(p.Changes, *line.Follow)
		}
	}
}

// PlanID identifies what a plan executes and when it was read. It is the hash of
// what is stored, which is many times as large as the plan and never held as a
// whole. Facts count by their numbers, as they were stored by programs that have
// applied plans before facts had words. Which list told a value is no part of a
// saved plan, and does not count.
func PlanID(p *planner.Plan) (string, error) {
	sum := sha256.New()
	err := writePlan(&factNumbers{sum, p.Failures}, p, nil)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// factNumbers passes a stored plan on with the numbers of facts in place of their
// words. The first line, which is written at once, has all of them.
type factNumbers struct {
	io.Writer
	failures []snapshot.Failure
}

// Write implements [io.Writer].
func (n *factNumbers) Write(line []byte) (int, error) {
	text := line
	for i := range n.failures {
		words, err := json.Marshal(n.failures[i].Facts)
		if err != nil {
			return 0, err
		}
		member := append([]byte(`"facts":`), words...) // no text of a plan has a bare quotation mark
		text = bytes.Replace(text, member, fmt.Appendf(nil, `"facts":%d`, uint32(n.failures[i].Facts)), 1)
	}
	n.failures = nil
	if _, err := n.Writer.Write(text); err != nil {
		return 0, err
	}
	return len(line), nil
}

// storedRun returns what the journal has of a run, and the plan that is part of it.
func storedRun(ctx context.Context, j *journal.Journal, id int64) (*journal.Ledger, *planner.Plan, error) {
	l, err := j.Ledger(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	p, err := decodePlan(l.Plan)
	if err != nil {
		return nil, nil, fmt.Errorf("run %d: %w", id, err)
	}
	return l, p, nil
}

// An OpenPlan is the stored plan of a run that is open.
type OpenPlan struct {
	Run int64
	*planner.Plan
}

// OpenPlans returns the stored plans of the runs that are open, the oldest
// first: the changes that they execute, and those that follow.
func OpenPlans(ctx context.Context, j *journal.Journal) ([]OpenPlan, error) {
	open, err := j.Open(ctx)
	if err != nil {
		return nil, err
	}
	plans := make([]OpenPlan, 0, len(open))
	for _, run := range open {
		_, p, err := storedRun(ctx, j, run.ID)
		if err != nil {
			return nil, err
		}
		plans = append(plans, OpenPlan{run.ID, p})
	}
	return plans, nil
}
