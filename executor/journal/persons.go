package journal

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/personal"
)

type (
	personKeyData struct {
		Key []byte `json:"key"`
	}
	personData struct {
		Hash  text            `json:"hash"`
		Texts map[string]text `json:"texts"` // by field
	}
)

// Persons are what a run tells of persons. They lie in records of their own, and
// everything else of the run refers to them by a hash with a key of the state: so
// they can be forgotten, and the run stays. Nobody without the state can try
// whether a hash is that of a text.
type Persons struct {
	key    []byte
	isNew  bool // the key is not recorded yet
	fresh  []personData
	texts  map[string]map[string]text // by hash and field: all that are known
	of     map[personal.Text]string   // the hash of somebody with the text
	finder personal.Finder
}

// NewPersons returns the persons of a new run: none.
func (j *Journal) NewPersons(ctx context.Context) (*Persons, error) {
	p := &Persons{texts: make(map[string]map[string]text), of: make(map[personal.Text]string)}
	var d personKeyData
	r, err := j.last(ctx, store.Query{Kinds: []string{kindPersonKey}}, &d)
	if err != nil {
		return nil, err
	}
	if p.key = d.Key; r == nil {
		p.key, p.isNew = make([]byte, sha256.Size), true
		_, err = rand.Read(p.key)
	}
	return p, err
}

// personsOf returns the persons of a run.
func (j *Journal) personsOf(ctx context.Context, run int64) (*Persons, error) {
	p, err := j.NewPersons(ctx)
	if err != nil {
		return nil, err
	}
	err = j.store.Load(ctx, store.Query{Kinds: []string{kindPersons}, Run: run}, func(r *store.Record) error {
		return decodeAll(r, p.know)
	})
	return p, err
}

func (p *Persons) know(d personData) {
	p.texts[string(d.Hash)] = d.Texts
	for field, t := range d.Texts {
		p.of[personal.Text{Field: field, Text: string(t)}] = string(d.Hash)
		p.finder.Add(field, string(t))
	}
}

// Add makes a person known by its texts, and returns what stands for these. A text
// that the person does not have is looked for among all others.
func (p *Persons) Add(person []personal.Text) personal.Map {
	d := personData{Texts: make(map[string]text, len(person))}
	for _, t := range person {
		d.Texts[t.Field] = text(t.Text)
	}
	d.Hash = text(p.hash(d.Texts))
	if p.texts[string(d.Hash)] == nil {
		p.fresh = append(p.fresh, d)
		p.know(d)
	}
	return func(field, t string) string {
		if d.Texts[field] == text(t) {
			return personal.Reference(string(d.Hash), field)
		}
		return p.Refer(field, t)
	}
}

// Refer returns what stands for a personal text.
func (p *Persons) Refer(field, t string) string {
	if personal.Forgotten(t) {
		return t
	}
	one := personal.Text{Field: field, Text: t}
	if hash, known := p.of[one]; known {
		return personal.Reference(hash, field)
	}
	return p.Add([]personal.Text{one})(field, t)
}

// Hide returns a text with references in place of what it tells of persons.
func (p *Persons) Hide(s string) string { return p.finder.Replace(s, p.Refer) }

// hideID is Hide for an ID, of which names are a part: only addresses are hidden.
func (p *Persons) hideID(s string) string { return personal.ReplaceEmails(s, p.Refer) }

// hash returns the keyed hash of a person's texts, in which no order counts.
func (p *Persons) hash(texts map[string]text) string {
	data, _ := json.Marshal(texts) // texts always marshal, sorted by their fields
	h := hmac.New(sha256.New, p.key)
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// resolve returns what was written of a run, with its persons again.
func (p *Persons) resolve(data []byte) []byte {
	return personal.Resolve(data, func(hash, field string) (string, bool) {
		t, ok := p.texts[hash][field]
		if !ok {
			return "", false
		}
		quoted, err := json.Marshal(string(t))
		return string(quoted[1 : len(quoted)-1]), err == nil // it stands within a text of JSON
	})
}

// resolveText is resolve for a text that was decoded.
func (p *Persons) resolveText(s string) string {
	return string(personal.Resolve([]byte(s), func(hash, field string) (string, bool) {
		t, ok := p.texts[hash][field]
		return string(t), ok
	}))
}

// personsOfRuns are the persons of many runs, each read where somebody is told of.
type personsOfRuns struct {
	journal *Journal
	learn   personal.Map // is told each text of theirs; nil: nobody is
	byRun   map[int64]*Persons
}

func (j *Journal) personsOfRuns(learn personal.Map) *personsOfRuns {
	return &personsOfRuns{j, learn, make(map[int64]*Persons)}
}

// toldOf returns the persons of whom something in a run tells: none are read where it
// tells of nobody.
func (p *personsOfRuns) toldOf(ctx context.Context, run int64, data []byte) (*Persons, error) {
	if !personal.Refers(data) {
		return &Persons{}, nil
	}
	if known := p.byRun[run]; known != nil {
		return known, nil
	}
	read, err := p.journal.personsOf(ctx, run)
	if err != nil {
		return nil, err
	}
	p.byRun[run] = read
	for _, texts := range read.texts {
		for field, t := range texts {
			if p.learn != nil {
				p.learn(field, string(t))
			}
		}
	}
	return read, nil
}

// records returns those of what is not recorded yet, for a run.
func (p *Persons) records(run int64, at time.Time) (records []store.Record, err error) {
	if len(p.fresh) == 0 {
		return nil, nil
	}
	if p.isNew {
		r, err := encode(about{kind: kindPersonKey, at: at}, personKeyData{p.key})
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	r, err := encode(about{kind: kindPersons, run: run, at: at}, p.fresh)
	p.fresh, p.isNew = nil, false
	return append(records, r), err
}

// hideRecord puts references in place of what a record of a run tells of persons.
// Field tells of a parameter of a request which field it holds; nil: none is looked
// at, for they refer to persons already.
func (p *Persons) hideRecord(r *store.Record, field func(parameter string) string) error {
	if len(p.texts) == 0 && !strings.Contains(string(r.Data), "@") {
		return nil
	}
	switch r.Kind {
	case kindIntent:
		return rewrite(r, func(d *intentData) { p.hideIntent(d, field) })
	case kindPurchase:
		return rewriteAll(r, func(d *purchaseData) { d.Step = text(p.hideID(string(d.Step))) })
	case kindFailure:
		return rewrite(r, func(d *failureData) { d.Message = text(p.Hide(string(d.Message))) })
	case kindResult:
		return rewriteAll(r, func(d *resultData) { p.hideStep(&d.Step, &d.Message) })
	case kindAcknowledgement:
		return rewriteAll(r, func(d *acknowledgementData) { d.Note = text(p.Hide(string(d.Note))) })
	case kindConclusion:
		return rewriteAll(r, func(d *conclusionData) { p.hideStep(&d.Step, &d.Reason) })
	case kindVerification:
		return rewriteAll(r, func(d *verificationData) { p.hideStep(&d.Change, &d.Note) })
	}
	return nil
}

func (p *Persons) hideStep(id, said *text) {
	*id, *said = text(p.hideID(string(*id))), text(p.Hide(string(*said)))
}

func (p *Persons) hideIntent(d *intentData, field func(parameter string) string) {
	for i := range d.Steps {
		d.Steps[i] = text(p.hideID(string(d.Steps[i])))
	}
	for name, value := range d.Request {
		if field == nil || field(name) == "" {
			continue
		}
		was := "&" + name + "=" + strconv.Quote(string(value))
		d.Request[name] = text(p.Refer(field(name), string(value)))
		d.Key = text(strings.Replace(string(d.Key), was, "&"+name+"="+strconv.Quote(string(d.Request[name])), 1))
	}
	d.Key = text(p.hideID(string(d.Key)))
}

// rewrite changes the data of a record.
func rewrite[D any](r *store.Record, change func(*D)) error {
	var d D
	if err := decode(r, &d); err != nil {
		return err
	}
	change(&d)
	data, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("journal: encode %s: %w", r.Kind, err)
	}
	r.Data = data
	return nil
}

// rewriteAll changes the elements of a record that holds a list.
func rewriteAll[D any](r *store.Record, change func(*D)) error {
	return rewrite(r, func(all *[]D) {
		for i := range *all {
			change(&(*all)[i])
		}
	})
}
