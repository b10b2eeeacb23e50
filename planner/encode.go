package planner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// Document is a plan as JSON has it. Changes that open and close a lock around
// others stand in a list of their own there.
type Document struct {
	FormatVersion int                  `json:"format_version"`
	Version       string               `json:"version"`
	Endpoint      string               `json:"endpoint"`
	Account       string               `json:"account"`
	ReadAt        time.Time            `json:"read_at"`
	ConfigHash    string               `json:"config_hash"`
	Commit        string               `json:"commit,omitempty"`
	Labels        map[string]string    `json:"labels,omitempty"`
	StoredAs      string               `json:"stored_as,omitempty"`
	Partial       bool                 `json:"partial,omitempty"`
	IsMasked      bool                 `json:"masked,omitempty"`
	Summary       Summary              `json:"summary"`
	Diagnostics   []Diagnostic         `json:"diagnostics"`
	Changes       []attr.Change        `json:"changes"`
	Unlocks       []attr.Change        `json:"unlocks"`
	Missing       []string             `json:"missing"`
	Unmanaged     []string             `json:"unmanaged"`
	OwedRelocks   []string             `json:"owed_relocks"`
	Guards        []Guard              `json:"guards"`
	Budget        *Budget              `json:"budget,omitempty"`
	Calls         []Calls              `json:"calls"`
	Failures      []snapshot.Failure   `json:"failures"`
	Declared      []string             `json:"declared"`
	Overdue       []Overdue            `json:"overdue,omitempty"`
	Approved      []Approved           `json:"approved,omitempty"`
	Awaiting      []Awaiting           `json:"awaiting,omitempty"`
	Threats       []Threat             `json:"threats,omitempty"`
	Settings      SettingsByName       `json:"settings,omitempty"`
	Conditions    []Condition          `json:"conditions,omitempty"`
	SelfRenewals  []SelfRenewal        `json:"self_renewals,omitempty"`
	Policy        []PolicyChange       `json:"policy,omitempty"`
	Checks        []config.FailedCheck `json:"checks,omitempty"`
	Ceilings      []Ceiling            `json:"ceilings,omitempty"`
	Undo          *Undo                `json:"undo,omitempty"`
}

// Document returns the plan as JSON has it.
func (p *Plan) Document() *Document {
	d := new(Document)
	copyFields(d, p)
	if p.Changes == nil {
		return d
	}
	d.Unlocks = []attr.Change{}
	for c := range p.Temporary() {
		d.Unlocks = append(d.Unlocks, *c)
	}
	if len(d.Unlocks) > 0 { // else there is nothing to leave out of a long list
		d.Changes = slices.DeleteFunc(slices.Clone(p.Changes), func(c attr.Change) bool { return c.Temporary() })
	}
	return d
}

// copyFields copies the fields of a document that a plan has, too.
func copyFields(to, from any) {
	x, y := reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem()
	for i := range x.NumField() {
		if f := y.FieldByName(x.Type().Field(i).Name); f.IsValid() {
			x.Field(i).Set(f)
		}
	}
}

// MarshalJSON writes the plan on one line.
func (p *Plan) MarshalJSON() ([]byte, error) { return json.Marshal(p.Document()) }

// UnmarshalJSON reads a plan.
func (p *Plan) UnmarshalJSON(data []byte) error {
	var d Document
	if err := json.Unmarshal(data, &d); err != nil {
		return err
	}
	copyFields(p, &d)
	if p.Changes = append(p.Changes, d.Unlocks...); len(d.Unlocks) > 0 {
		p.sort()
	}
	return nil
}

// Encode writes the plan as JSON, indented, with a final newline.
func (p *Plan) Encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(p.Document()); err != nil {
		return nil, fmt.Errorf("the plan cannot be written: %w", err)
	}
	return b.Bytes(), nil
}

// SaysTheSame reports whether another plan says the same, whenever the account was read
// for the one and the other.
func (p *Plan) SaysTheSame(as *Plan) bool {
	x, errX := p.timeless().Encode()
	y, errY := as.timeless().Encode()
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// timeless is the plan without what tells when the account was read for it, and since when
// something is known.
func (p *Plan) timeless() *Plan {
	q := *p
	q.ReadAt, q.StoredAs = time.Time{}, ""
	q.Summary.Oldest, q.Summary.Standing, q.Summary.ReadNow, q.Summary.Due = time.Time{}, 0, 0, 0
	q.Conditions = slices.Clone(p.Conditions)
	for i := range q.Conditions {
		q.Conditions[i].Since = time.Time{}
	}
	return &q
}

// Decode reads a plan that [Plan.Encode] wrote. It refuses other formats, and
// requests that break the rules of their operation.
func Decode(data []byte) (*Plan, error) {
	var head struct {
		FormatVersion int `json:"format_version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("this is no plan: %w", err)
	}
	if head.FormatVersion != FormatVersion {
		return nil, fmt.Errorf("the plan has format version %d; this program reads version %d: plan again", head.FormatVersion, FormatVersion)
	}
	p := new(Plan)
	if err := json.Unmarshal(data, p); err != nil {
		return nil, fmt.Errorf("the plan cannot be read: %w", err)
	}
	return p, nil
}
