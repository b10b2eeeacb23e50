package journal

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// Begin records a new run and returns its ledger.
func (j *Journal) Begin(ctx context.Context, r Run) (*Ledger, error) {
	ctx = context.WithoutCancel(ctx) // as every write
	var last runData
	before, err := j.last(ctx, store.Query{Kinds: []string{kindRun}}, &last)
	if err != nil {
		return nil, err
	}
	r.ID = 1
	if before != nil {
		r.ID = before.Run + 1
	}
	if r.Persons == nil {
		if r.Persons, err = j.NewPersons(ctx); err != nil {
			return nil, err
		}
	}
	records, err := j.encodeRun(ctx, &r)
	if err != nil {
		return nil, err
	}
	if err := j.append(ctx, "the run", records...); err != nil {
		return nil, err
	}
	return newLedger(j, r), nil
}

// encodeRun makes the records of a new run: itself, its plan, and what its files
// declared where no run before declared the same.
func (j *Journal) encodeRun(ctx context.Context, r *Run) ([]store.Record, error) {
	names := strings.Join(r.Declared, "\n")
	sum := sha256.Sum256([]byte(names))
	hash := hex.EncodeToString(sum[:])
	run, err := encode(about{kind: kindRun, key: r.PlanID, run: r.ID, at: r.Began}, runData{
		Kind: text(r.Kind), ConfigHash: text(r.ConfigHash), Declared: text(hash),
		Command: text(r.Command), By: text(r.By), Link: text(r.Link), Follows: r.Follows, Undoes: r.Undoes,
	})
	if err != nil {
		return nil, err
	}
	plan, err := r.packPlan()
	if err != nil {
		return nil, err
	}
	kind := kindPlan
	persons, err := r.Persons.records(r.ID, r.Began)
	if err != nil {
		return nil, err
	}
	if len(persons) > 0 {
		kind = kindReferringPlan
	}
	records := append(persons, run, about{kind: kind, run: r.ID, at: r.Began}.record(plan))
	if there, err := j.declaration(ctx, hash); err != nil || there != nil {
		return records, err
	}
	declared, err := pack([]byte(names))
	return append(records, about{kind: kindDeclaration, key: hash, at: r.Began}.record(declared)), err
}

// declaration returns the names that were declared under a hash, as they are
// kept; nil where none were.
func (j *Journal) declaration(ctx context.Context, hash string) (packed []byte, err error) {
	err = j.store.Load(ctx, store.Query{Kinds: []string{kindDeclaration}, Keys: []string{hash}, Last: true}, func(r *store.Record) error {
		packed = r.Data
		return nil
	})
	return packed, err
}

// Runs returns all runs without their plans, the oldest first.
func (j *Journal) Runs(ctx context.Context) ([]Run, error) {
	return j.runs(ctx, store.Query{Kinds: []string{kindRun, kindMark, kindCommand}})
}

// runs returns the runs whose records a query selects, with their marks and commands.
func (j *Journal) runs(ctx context.Context, q store.Query) ([]Run, error) {
	var runs []Run
	at := make(map[int64]int)
	err := j.store.Load(ctx, q, func(rec *store.Record) error {
		if rec.Kind == kindRun {
			r, _, err := decodeRun(rec)
			at[r.ID] = len(runs)
			runs = append(runs, r)
			return err
		}
		i, ok := at[rec.Run]
		if !ok {
			return nil
		}
		return runs[i].tell(rec)
	})
	return runs, err
}

// tell adds a mark or a command to the run.
func (r *Run) tell(rec *store.Record) error {
	if rec.Kind == kindCommand {
		c, err := decodeCommand(rec)
		r.Commands = append(r.Commands, c)
		return err
	}
	m, err := decodeMark(rec)
	r.Marks = append(r.Marks, m)
	return err
}

// decodeRun reads a run, and the hash of what it declared.
func decodeRun(rec *store.Record) (r Run, declared string, err error) {
	var d runData
	err = decode(rec, &d)
	r = Run{
		ID: rec.Run, Kind: Kind(d.Kind), Began: fromMillis(rec.At), ConfigHash: string(d.ConfigHash), PlanID: rec.Key,
		Command: string(d.Command), Actor: Actor{string(d.By), string(d.Link)}, Follows: d.Follows, Undoes: d.Undoes,
	}
	return r, string(d.Declared), err
}

func decodeMark(rec *store.Record) (Mark, error) {
	var d markData
	err := decode(rec, &d)
	return Mark{Name: MarkName(d.Mark), At: fromMillis(rec.At)}, err
}

// Open returns the runs with something left to do, the oldest first.
func (j *Journal) Open(ctx context.Context) ([]Run, error) {
	all, err := j.Runs(ctx)
	var open []Run
	for _, r := range all {
		if r.Open() {
			open = append(open, r)
		}
	}
	return open, err
}

// Applied returns the run that executed a plan, nil where none did.
func (j *Journal) Applied(ctx context.Context, planID string) (*Run, error) {
	var id int64
	err := j.store.Load(ctx, store.Query{Kinds: []string{kindRun}, Keys: []string{planID}}, func(r *store.Record) error {
		if id == 0 {
			id = r.Run
		}
		return nil
	})
	if err != nil || id == 0 {
		return nil, err
	}
	runs, err := j.runs(ctx, store.Query{Kinds: []string{kindRun, kindMark, kindCommand}, Run: id})
	if err != nil || len(runs) == 0 {
		return nil, err
	}
	return &runs[0], nil
}

// LastDeclared returns the names that the last run's files declared, nil where
// there was no run.
func (j *Journal) LastDeclared(ctx context.Context) ([]string, error) {
	var last runData
	r, err := j.last(ctx, store.Query{Kinds: []string{kindRun}}, &last)
	if err != nil || r == nil {
		return nil, err
	}
	return j.declared(ctx, string(last.Declared))
}

// EverDeclared passes the names that the files of any run declared, some of them more than
// once.
func (j *Journal) EverDeclared(ctx context.Context, each func(name string)) error {
	return j.store.Load(ctx, store.Query{Kinds: []string{kindDeclaration}}, func(r *store.Record) error {
		names, err := unpackNames(r.Data)
		for _, name := range names {
			each(name)
		}
		return err
	})
}

// declared returns the names that were declared under a hash.
func (j *Journal) declared(ctx context.Context, hash string) ([]string, error) {
	packed, err := j.declaration(ctx, hash)
	switch {
	case err != nil:
		return nil, err
	case packed == nil:
		return nil, fmt.Errorf("journal: what a run declared is missing (%s)", hash)
	}
	return unpackNames(packed)
}

// Tasks returns the operations of all tasks that the journal knows, by the
// number of the task. A run asks for some, with [Journal.KnownTasks]: there may
// be the tasks of years.
func (j *Journal) Tasks(ctx context.Context) (map[string]string, error) {
	tasks := make(map[string]string)
	return tasks, j.tasks(ctx, store.Query{}, tasks)
}

// keysAtOnce is how many keys one query asks for.
const keysAtOnce = 500

// KnownTasks returns the operations of those among some tasks, told by their
// numbers, that the journal knows.
func (j *Journal) KnownTasks(ctx context.Context, numbers []string) (map[string]string, error) {
	tasks := make(map[string]string)
	for some := range slices.Chunk(numbers, keysAtOnce) {
		if err := j.tasks(ctx, store.Query{Keys: some}, tasks); err != nil {
			return nil, err
		}
	}
	return tasks, nil
}

// TasksSince returns the operations of the tasks that were recorded since a time, by
// the number of the task.
func (j *Journal) TasksSince(ctx context.Context, since time.Time) (map[string]string, error) {
	tasks := make(map[string]string)
	return tasks, j.tasks(ctx, store.Query{Since: millis(since)}, tasks)
}

func (j *Journal) tasks(ctx context.Context, q store.Query, tasks map[string]string) error {
	q.Kinds = []string{kindSubmission}
	return j.store.Load(ctx, q, func(r *store.Record) error {
		var d submissionData
		err := decode(r, &d)
		tasks[r.Key] = string(d.Operation)
		return err
	})
}

// Ledger reads all that is recorded of a run.
func (j *Journal) Ledger(ctx context.Context, id int64) (*Ledger, error) {
	persons, err := j.personsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	l := newLedger(j, Run{Persons: persons})
	var declared string
	err = j.store.Load(ctx, store.Query{Run: id}, func(r *store.Record) (err error) {
		switch r.Kind {
		case kindRun:
			l.Run, declared, err = decodeRun(r)
		case kindPlan:
			l.Plan, err = unpack(r.Data)
		case kindReferringPlan:
			l.Plan, err = unpack(r.Data)
			l.Plan = l.persons.resolve(l.Plan)
		default:
			r.Data = l.persons.resolve(r.Data)
			err = l.take(r)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if l.ID == 0 {
		return nil, fmt.Errorf("the journal has no run %d; domainsync runs list tells which there are", id)
	}
	l.Declared, err = j.declared(ctx, declared)
	return l, err
}

// take counts what a record tells of the run. The order is that of the records:
// a result needs its batch.
func (l *Ledger) take(r *store.Record) error {
	if r.Batch != 0 && r.Kind != kindIntent && l.byID[r.Batch] == nil {
		return fmt.Errorf("record %d (%s) is about the batch %d, of which nothing was recorded before", r.Number, r.Kind, r.Batch)
	}
	switch r.Kind {
	case kindMark, kindCommand:
		return l.tell(r)
	case kindIntent:
		n, err := decodeIntent(r)
		l.intended(n)
		return err
	case kindAcknowledgement:
		return decodeAll(r, func(d acknowledgementData) {
			l.acknowledged(Acknowledgement{Detail: string(d.Detail), Note: string(d.Note), At: fromMillis(r.At)})
		})
	case kindVerification:
		return decodeAll(r, func(d verificationData) {
			v := Verification{Change: string(d.Change), Verdict: string(d.Verdict), Note: string(d.Note), At: fromMillis(r.At)}
			l.Verifications = append(l.Verifications, v)
		})
	case kindSubmission, kindFailure, kindResult, kindConclusion:
		return decodeFate(r, l)
	}
	return nil // purchases are read by Journal.Purchases
}

func decodeIntent(r *store.Record) (Intent, error) {
	var d intentData
	err := decode(r, &d)
	n := Intent{
		Batch: r.Batch, Operation: string(d.Operation), Key: string(d.Key),
		Steps: stringsOf(d.Steps), Names: stringsOf(d.Names), At: fromMillis(r.At), Timestamp: fromMillis(d.Timestamp),
	}
	if d.Request != nil {
		n.Request = make(map[string]string, len(d.Request))
	}
	for name, value := range d.Request {
		n.Request[name] = string(value)
	}
	return n, err
}

// fate is whoever wants to know what became of batches.
type fate interface {
	submitted(Submission)
	failed(CallFailure)
	settled(Result)
	concluded(Conclusion)
}

// decodeFate tells what a record says of what became of a batch.
func decodeFate(r *store.Record, f fate) error {
	at := fromMillis(r.At)
	switch r.Kind {
	case kindSubmission:
		var d submissionData
		if err := decode(r, &d); err != nil {
			return err
		}
		f.submitted(Submission{Batch: r.Batch, Task: r.Key, RequestID: string(d.RequestID), Adopted: d.Adopted, At: at})
	case kindFailure:
		var d failureData
		if err := decode(r, &d); err != nil {
			return err
		}
		f.failed(CallFailure{Batch: r.Batch, Kind: CallKind(d.Kind), Code: string(d.Code), Message: string(d.Message), RequestID: string(d.RequestID), At: at})
	case kindResult:
		return decodeAll(r, func(d resultData) {
			f.settled(Result{
				Batch: r.Batch, Detail: string(d.Detail), Step: string(d.Step), Success: d.Success,
				Message: string(d.Message), RequestID: string(d.RequestID), At: at,
			})
		})
	case kindConclusion:
		return decodeAll(r, func(d conclusionData) {
			f.concluded(Conclusion{Batch: r.Batch, Step: string(d.Step), Verdict: Verdict(d.Verdict), Reason: string(d.Reason), At: at})
		})
	}
	return nil
}

// packPlan packs the plan of a new run, and lets go of what wrote it.
func (r *Run) packPlan() ([]byte, error) {
	write := r.WritePlan
	if r.WritePlan = nil; write == nil {
		return pack(r.Plan)
	}
	return packFrom(write)
}

func pack(data []byte) ([]byte, error) {
	return packFrom(func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

func packFrom(write func(io.Writer) error) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if err := write(w); err != nil {
		return nil, fmt.Errorf("journal: pack: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("journal: pack: %w", err)
	}
	return b.Bytes(), nil
}

func unpack(packed []byte) ([]byte, error) { return new(unpacker).unpack(packed) }

// An unpacker unpacks one record after the other: what reads a packed one takes more
// room than most records.
type unpacker struct {
	packed bytes.Reader
	reader gzip.Reader
}

// unpack returns what pack was given.
func (u *unpacker) unpack(packed []byte) ([]byte, error) {
	u.packed.Reset(packed)
	if err := u.reader.Reset(&u.packed); err != nil {
		return nil, fmt.Errorf("journal: unpack: %w", err)
	}
	data, err := io.ReadAll(&u.reader)
	if err != nil {
		return nil, fmt.Errorf("journal: unpack: %w", err)
	}
	return data, nil
}

// unpackNames reads a list of names; it is empty, not nil, where there are none.
func unpackNames(packed []byte) ([]string, error) {
	text, err := unpack(packed)
	if err != nil || len(text) == 0 {
		return []string{}, err
	}
	return strings.Split(string(text), "\n"), nil
}
