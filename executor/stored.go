package executor

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// storedLine is one line of a plan in the journal. The first is the plan
// without its changes; each other is one change that is ready.
type storedLine struct {
	Plan   *planner.Plan `json:"plan,omitempty"`
	Change *attr.Change  `json:"change,omitempty"`
	Unlock *attr.Change  `json:"unlock,omitempty"`
}

// encodePlan writes what of a plan is executed, a change a line. The declared
// names are kept beside it.
func encodePlan(p *planner.Plan) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	head := *p
	head.Changes, head.Unlocks, head.Declared, head.Unmanaged = nil, nil, nil, nil
	err := enc.Encode(storedLine{Plan: &head})
	for _, c := range readyChanges(p.Changes) {
		err = errors.Join(err, enc.Encode(storedLine{Change: c}))
	}
	for _, c := range readyChanges(p.Unlocks) {
		err = errors.Join(err, enc.Encode(storedLine{Unlock: c}))
	}
	if err != nil {
		return nil, fmt.Errorf("the plan cannot be stored: %w", err)
	}
	return b.Bytes(), nil
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
			p.Changes = append(p.Changes, *line.Change)
		case line.Unlock != nil:
			p.Unlocks = append(p.Unlocks, *line.Unlock)
		}
	}
}

// readyChanges returns the changes that are executed.
func readyChanges(changes []attr.Change) []*attr.Change {
	var list []*attr.Change
	for i := range changes {
		if changes[i].Status == attr.Ready {
			list = append(list, &changes[i])
		}
	}
	return list
}

// executed returns all changes of a plan that are executed, unlocks included.
func executed(p *planner.Plan) []*attr.Change {
	return append(readyChanges(p.Changes), readyChanges(p.Unlocks)...)
}

// PlanID identifies what a plan executes and when it was read.
func PlanID(p *planner.Plan) (string, error) {
	data, err := encodePlan(p)
	return planID(data), err
}

func planID(stored []byte) string {
	sum := sha256.Sum256(stored)
	return hex.EncodeToString(sum[:])
}
