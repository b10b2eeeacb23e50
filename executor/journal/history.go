package journal

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Begin records a new run and returns its ledger.
func (j *Journal) Begin(ctx context.Context, r Run) (*Ledger, error) {
	names := strings.Join(r.Declared, "\n")
	sum := sha256.Sum256([]byte(names))
	hash := hex.EncodeToString(sum[:])
	plan, err := pack(r.Plan)
	if err != nil {
		return nil, err
	}
	declared, err := pack([]byte(names))
	if err != nil {
		return nil, err
	}
	err = j.write(ctx, "the run", func(add insert) error {
		if _, err := add(`INSERT INTO declarations (hash, names) VALUES (?, ?) ON CONFLICT DO NOTHING`, hash, declared); err != nil {
			return err
		}
		r.ID, err = add(`INSERT INTO runs (kind, began, config_hash, plan_id, plan, declared) VALUES (?, ?, ?, ?, ?, ?)`,
			r.Kind, millis(r.Began), r.ConfigHash, r.PlanID, plan, hash)
		return err
	})
	if err != nil {
		return nil, err
	}
	return newLedger(j, r), nil
}

// Runs returns all runs without their plans, the oldest first.
func (j *Journal) Runs(ctx context.Context) ([]Run, error) {
	var runs []Run
	err := j.each(ctx, func(scan scanner) error {
		var r Run
		var began int64
		if err := scan(&r.ID, &r.Kind, &began, &r.ConfigHash, &r.PlanID); err != nil {
			return err
		}
		r.Began = fromMillis(began)
		runs = append(runs, r)
		return nil
	}, `SELECT id, kind, began, config_hash, plan_id FROM runs ORDER BY id`)
	if err != nil {
		return nil, err
	}
	at := make(map[int64]int, len(runs))
	for i, r := range runs {
		at[r.ID] = i
	}
	err = j.each(ctx, func(scan scanner) error {
		var id, when int64
		var m Mark
		if err := scan(&id, &m.Name, &when); err != nil {
			return err
		}
		m.At = fromMillis(when)
		r := &runs[at[id]]
		r.Marks = append(r.Marks, m)
		return nil
	}, `SELECT run, mark, at FROM marks ORDER BY rowid`)
	return runs, err
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
	all, err := j.Runs(ctx)
	for i := range all {
		if all[i].PlanID == planID {
			return &all[i], err
		}
	}
	return nil, err
}

// LastDeclared returns the names that the last run's files declared, nil where
// there was no run.
func (j *Journal) LastDeclared(ctx context.Context) ([]string, error) {
	var packed []byte
	err := j.db.QueryRowContext(ctx, `SELECT names FROM declarations WHERE hash = (SELECT declared FROM runs ORDER BY id DESC LIMIT 1)`).Scan(&packed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, j.unreadable(err)
	}
	return unpackNames(packed)
}

// Tasks returns the operations of all tasks that the journal knows, by the
// number of the task.
func (j *Journal) Tasks(ctx context.Context) (map[string]string, error) {
	tasks := make(map[string]string)
	err := j.each(ctx, func(scan scanner) error {
		var no, operation string
		if err := scan(&no, &operation); err != nil {
			return err
		}
		tasks[no] = operation
		return nil
	}, `SELECT task, operation FROM submissions JOIN intents USING (batch)`)
	return tasks, err
}

// Ledger reads all that is recorded of a run.
func (j *Journal) Ledger(ctx context.Context, id int64) (*Ledger, error) {
	r, err := j.run(ctx, id)
	if err != nil {
		return nil, err
	}
	l := newLedger(j, *r)
	// The order is that of the facts: a result needs its batch.
	for _, read := range []func(context.Context) error{
		l.readMarks, l.readIntents, l.readSubmissions, l.readOutcomes, l.readResults,
		l.readAcknowledgements, l.readConclusions, l.readVerifications,
	} {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (j *Journal) run(ctx context.Context, id int64) (*Run, error) {
	r := Run{ID: id}
	var began int64
	var plan, names []byte
	err := j.db.QueryRowContext(ctx, `SELECT kind, began, config_hash, plan_id, plan, names FROM runs JOIN declarations ON declared = hash WHERE id = ?`, id).
		Scan(&r.Kind, &began, &r.ConfigHash, &r.PlanID, &plan, &names)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("the journal has no run %d; domainsync runs list tells which there are", id)
	}
	if err != nil {
		return nil, j.unreadable(err)
	}
	r.Began = fromMillis(began)
	if r.Plan, err = unpack(plan); err != nil {
		return nil, err
	}
	r.Declared, err = unpackNames(names)
	return &r, err
}

func (l *Ledger) readMarks(ctx context.Context) error {
	return l.journal.each(ctx, func(scan scanner) error {
		var m Mark
		var at int64
		if err := scan(&m.Name, &at); err != nil {
			return err
		}
		m.At = fromMillis(at)
		l.Marks = append(l.Marks, m)
		return nil
	}, `SELECT mark, at FROM marks WHERE run = ? ORDER BY rowid`, l.ID)
}

func (l *Ledger) readIntents(ctx context.Context) error {
	return l.journal.each(ctx, func(scan scanner) error {
		var n Intent
		var request, steps, names []byte
		var at int64
		if err := scan(&n.Batch, &n.Operation, &n.Key, &request, &steps, &names, &at); err != nil {
			return err
		}
		n.At = fromMillis(at)
		if err := errors.Join(json.Unmarshal(request, &n.Request), json.Unmarshal(steps, &n.Steps), json.Unmarshal(names, &n.Names)); err != nil {
			return err
		}
		l.intended(n)
		return nil
	}, `SELECT batch, operation, batch_key, request, steps, names, at FROM intents WHERE run = ? ORDER BY batch`, l.ID)
}

func (l *Ledger) readSubmissions(ctx context.Context) error {
	return l.journal.each(ctx, func(scan scanner) error {
		var s Submission
		var at int64
		if err := scan(&s.Batch, &s.Task, &s.RequestID, &s.Adopted, &at); err != nil {
			return err
		}
		s.At = fromMillis(at)
		l.submitted(s)
		return nil
	}, `SELECT batch, task, submissions.request_id, adopted, submissions.at FROM submissions JOIN intents USING (batch) WHERE run = ? ORDER BY batch`, l.ID)
}

func (l *Ledger) readOutcomes(ctx context.Context) error {
	return l.journal.each(ctx, func(scan scanner) error {
		var o CallFailure
		var at int64
		if err := scan(&o.Batch, &o.Kind, &o.Code, &o.Message, &o.RequestID, &at); err != nil {
			return err
		}
		o.At = fromMillis(at)
		l.failed(o)
		return nil
	}, `SELECT batch, outcome, code, message, request_id, outcomes.at FROM outcomes JOIN intents USING (batch) WHERE run = ? ORDER BY outcomes.rowid`, l.ID)
}

func (l *Ledger) readResults(ctx context.Context) error {
	return l.journal.each(ctx, func(scan scanner) error {
		var r Result
		var at int64
		if err := scan(&r.Batch, &r.Detail, &r.Step, &r.Success, &r.Message, &r.RequestID, &at); err != nil {
			return err
		}
		r.At = fromMillis(at)
		l.settled(r)
		return nil
	}, `SELECT batch, detail, step, success, message, request_id, results.at FROM results JOIN intents USING (batch) WHERE run = ? ORDER BY batch, results.at, detail`, l.ID)
}

func (l *Ledger) readAcknowledgements(ctx context.Context) error {
	return l.journal.each(ctx, func(scan scanner) error {
		var a Acknowledgement
		var at int64
		if err := scan(&a.Detail, &a.Note, &at); err != nil {
			return err
		}
		a.At = fromMillis(at)
		l.acknowledged(a)
		return nil
	}, `SELECT detail, note, acknowledgements.at FROM acknowledgements JOIN intents USING (batch) WHERE run = ? ORDER BY batch, detail`, l.ID)
}

func (l *Ledger) readConclusions(ctx context.Context) error {
	return l.journal.each(ctx, func(scan scanner) error {
		var c Conclusion
		var at int64
		if err := scan(&c.Batch, &c.Step, &c.Verdict, &c.Reason, &at); err != nil {
			return err
		}
		c.At = fromMillis(at)
		l.concluded(c)
		return nil
	}, `SELECT batch, step, verdict, reason, conclusions.at FROM conclusions JOIN intents USING (batch) WHERE run = ? ORDER BY conclusions.rowid`, l.ID)
}

func (l *Ledger) readVerifications(ctx context.Context) error {
	return l.journal.each(ctx, func(scan scanner) error {
		var v Verification
		var at int64
		if err := scan(&v.Change, &v.Verdict, &v.Note, &at); err != nil {
			return err
		}
		v.At = fromMillis(at)
		l.Verifications = append(l.Verifications, v)
		return nil
	}, `SELECT change, verdict, note, at FROM verifications WHERE run = ? ORDER BY rowid`, l.ID)
}

// scanner reads the columns of the current row.
type scanner func(dest ...any) error

// each calls f for every row of a query.
func (j *Journal) each(ctx context.Context, f func(scanner) error, query string, args ...any) error {
	rows, err := j.db.QueryContext(ctx, query, args...)
	if err != nil {
		return j.unreadable(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return j.unreadable(err)
		}
	}
	if err := rows.Err(); err != nil {
		return j.unreadable(err)
	}
	return nil
}

func pack(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		return nil, fmt.Errorf("journal: pack: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("journal: pack: %w", err)
	}
	return b.Bytes(), nil
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("journal: unpack: %w", err)
	}
	data, err := io.ReadAll(r)
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
