package fleet

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/config/attr"
)

// Digest is a hash of what the file declares, by which processes find out whether they go
// by the same one. It is of the meaning: neither the order of blocks, nor comments, nor
// where the file lies on a machine change it. What is not given is left out, so that a
// program which knows one argument more has the same hash of a file without it.
func (f *File) Digest() string {
	data, err := json.Marshal(f.meaning())
	if err != nil {
		panic(err) // plain data, which always has a form
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// meaning is what a file declares, in one form. Keys stay as they are: processes of two
// versions compare what comes of them.
type meaning struct {
	Jobs      []jobMeaning
	Persons   map[attr.Hazard]int `json:",omitempty"`
	People    []personMeaning     `json:",omitempty"`
	Pages     pagesMeaning        `json:",omitzero"`
	Retention Retention           `json:",omitzero"`
}

type jobMeaning struct {
	Name, Dir string
	Schedule  string        `json:",omitzero"`
	Action    Action        `json:",omitzero"`
	Approve   []attr.Hazard `json:",omitempty"`
	Targets   []string      `json:",omitempty"`
	Priority  int           `json:",omitzero"`
	Notify    []string      `json:",omitzero"` // none at all is not the same as not given
	Heartbeat string        `json:",omitzero"`
	State     string        `json:",omitzero"`
	Policy    string        `json:",omitzero"`
}

type personMeaning struct {
	Name    string
	Role    Role
	Aliases []string       `json:",omitempty"`
	Tokens  []tokenMeaning `json:",omitempty"`
}

type tokenMeaning struct {
	Hash    string
	Expires time.Time
}

type pagesMeaning struct {
	Session time.Duration `json:",omitzero"`
	Metrics Role          `json:",omitzero"`
	Header  string        `json:",omitzero"`
	From    []string      `json:",omitempty"`
}

func (f *File) meaning() *meaning {
	m := &meaning{Persons: f.Persons, Pages: f.Pages.meaning(), Retention: f.Retention}
	for i := range f.Jobs {
		m.Jobs = append(m.Jobs, f.meaningOf(&f.Jobs[i]))
	}
	for i := range f.People {
		m.People = append(m.People, f.People[i].meaning())
	}
	return m
}

func (f *File) meaningOf(j *Job) jobMeaning {
	m := jobMeaning{
		Name: j.Name, Dir: f.place(j.Dir), Schedule: j.Schedule.String(), Action: j.Action, Targets: sorted(j.Targets),
		Priority: j.Priority, Notify: sorted(j.Notify), Heartbeat: j.Heartbeat, Policy: f.place(j.Policy),
	}
	m.Approve = slices.DeleteFunc(sorted(j.Approve), func(h attr.Hazard) bool { return h == attr.None }) // which each job does
	switch file, isFile := strings.CutPrefix(j.State, "@"); {
	case j.account != "" || j.State == j.usualState(): // the file names none
	case isFile:
		m.State = "@" + f.place(file)
	case sharedState(j.State):
		m.State = j.stateName()
	default:
		m.State = f.place(j.State)
	}
	return m
}

func (p *Person) meaning() personMeaning {
	m := personMeaning{Name: p.Name, Role: p.Role}
	for _, alias := range p.Aliases {
		m.Aliases = append(m.Aliases, strings.ToLower(alias))
	}
	slices.Sort(m.Aliases)
	for _, t := range p.Tokens {
		m.Tokens = append(m.Tokens, tokenMeaning{t.Hash.String(), t.Expires.UTC()})
	}
	slices.SortFunc(m.Tokens, func(x, y tokenMeaning) int { return strings.Compare(x.Hash, y.Hash) })
	return m
}

func (p *Pages) meaning() pagesMeaning {
	m := pagesMeaning{Session: p.Session, Metrics: p.Metrics}
	if p.Proxy != nil {
		m.Header = p.Proxy.Header
		for _, from := range p.Proxy.From {
			m.From = append(m.From, from.String())
		}
		slices.Sort(m.From)
	}
	return m
}

// sorted returns values whose order says nothing; nil stays nil.
func sorted[S ~[]E, E ~string](values S) S {
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}

// place is a path as the file calls it, which each machine does alike.
func (f *File) place(path string) string { return cmp.Or(f.places[path], path) }
