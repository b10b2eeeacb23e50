package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// What follows reads the tables of versions 1 to 4 and writes records as version
// 5 wrote them. Both are done with: it is never changed.

// v5 is a fact as the data of a record.
type v5 map[string]any

// conversion moves the facts of the tables of before into records.
type conversion struct {
	tx     *sql.Tx
	insert *sql.Stmt
	number int64
}

// convert moves all facts, each table in the order that the versions before
// promised, and drops the tables.
func convert(ctx context.Context, tx *sql.Tx) error {
	c := conversion{tx: tx}
	var err error
	c.insert, err = tx.PrepareContext(ctx, `INSERT INTO records (number, fence, run, batch, kind, key, at, data) VALUES (?, 0, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	for _, move := range []func(context.Context) error{
		c.bindings, c.declarations, c.runs, c.marks, c.intents, c.purchases, c.submissions, c.outcomes,
		c.results, c.acknowledgements, c.conclusions, c.verifications, c.sightings,
	} {
		if err := move(ctx); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `UPDATE lease SET last = ?`, c.number); err != nil {
		return err
	}
	for _, table := range []string{
		"purchases", "sightings", "verifications", "conclusions", "acknowledgements", "results", "submissions", "outcomes",
		"intents", "marks", "runs", "declarations", "bindings",
	} {
		if _, err := tx.ExecContext(ctx, `DROP TABLE `+table); err != nil {
			return err
		}
	}
	return nil
}

// add writes a record; v that is no []byte is written as JSON.
func (c *conversion) add(ctx context.Context, r store.Record, v any) error {
	data, ok := v.([]byte)
	if !ok {
		var err error
		if data, err = json.Marshal(v); err != nil {
			return err
		}
	}
	c.number++
	_, err := c.insert.ExecContext(ctx, c.number, r.Run, r.Batch, r.Kind, r.Key, r.At, readable(data))
	return err
}

// each calls f for every row of a query.
func (c *conversion) each(ctx context.Context, query string, f func(scan func(...any) error) error) error {
	rows, err := c.tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (c *conversion) bindings(ctx context.Context) error {
	return c.each(ctx, `SELECT endpoint, account, at FROM bindings ORDER BY rowid`, func(scan func(...any) error) error {
		var endpoint, account store.Text
		r := store.Record{Kind: "binding"}
		if err := scan(&endpoint, &account, &r.At); err != nil {
			return err
		}
		return c.add(ctx, r, v5{"endpoint": endpoint, "account": account})
	})
}

func (c *conversion) declarations(ctx context.Context) error {
	return c.each(ctx, `SELECT hash, names FROM declarations ORDER BY hash`, func(scan func(...any) error) error {
		r := store.Record{Kind: "declaration"}
		if err := scan(&r.Key, &r.Data); err != nil {
			return err
		}
		return c.add(ctx, r, r.Data)
	})
}

func (c *conversion) runs(ctx context.Context) error {
	return c.each(ctx, `SELECT id, kind, began, config_hash, plan_id, plan, declared FROM runs ORDER BY id`, func(scan func(...any) error) error {
		r := store.Record{Kind: "run"}
		var kind, hash, declared store.Text
		var plan []byte
		if err := scan(&r.Run, &kind, &r.At, &hash, &r.Key, &plan, &declared); err != nil {
			return err
		}
		if err := c.add(ctx, r, v5{"kind": kind, "config_hash": hash, "declared": declared}); err != nil {
			return err
		}
		return c.add(ctx, store.Record{Kind: "plan", Run: r.Run, At: r.At}, plan)
	})
}

func (c *conversion) marks(ctx context.Context) error {
	return c.each(ctx, `SELECT run, mark, at FROM marks ORDER BY rowid`, func(scan func(...any) error) error {
		r := store.Record{Kind: "mark"}
		var mark store.Text
		if err := scan(&r.Run, &mark, &r.At); err != nil {
			return err
		}
		return c.add(ctx, r, v5{"mark": mark})
	})
}

func (c *conversion) intents(ctx context.Context) error {
	return c.each(ctx, `SELECT batch, run, operation, batch_key, request, steps, names, at FROM intents ORDER BY batch`, func(scan func(...any) error) error {
		r := store.Record{Kind: "intent"}
		var operation, key store.Text
		var request, steps, names []byte
		if err := scan(&r.Batch, &r.Run, &operation, &key, &request, &steps, &names, &r.At); err != nil {
			return err
		}
		return c.add(ctx, r, v5{
			"operation": operation, "key": key, "request": json.RawMessage(request), "steps": json.RawMessage(steps), "names": json.RawMessage(names),
		})
	})
}

func (c *conversion) submissions(ctx context.Context) error {
	const query = `SELECT run, batch, task, s.request_id, adopted, s.at, operation FROM submissions s JOIN intents USING (batch) ORDER BY batch`
	return c.each(ctx, query, func(scan func(...any) error) error {
		r := store.Record{Kind: "submission"}
		var request, operation store.Text
		var adopted bool
		if err := scan(&r.Run, &r.Batch, &r.Key, &request, &adopted, &r.At, &operation); err != nil {
			return err
		}
		return c.add(ctx, r, v5{"request_id": request, "adopted": adopted, "operation": operation})
	})
}

func (c *conversion) outcomes(ctx context.Context) error {
	const query = `SELECT run, batch, outcome, code, message, o.request_id, o.at FROM outcomes o JOIN intents USING (batch) ORDER BY o.rowid`
	return c.each(ctx, query, func(scan func(...any) error) error {
		r := store.Record{Kind: "failure"}
		var outcome, code, message, request store.Text
		if err := scan(&r.Run, &r.Batch, &outcome, &code, &message, &request, &r.At); err != nil {
			return err
		}
		return c.add(ctx, r, v5{"kind": outcome, "code": code, "message": message, "request_id": request})
	})
}

// A group collects the facts that one record tells.
type group struct {
	c     *conversion
	about store.Record
	facts []v5
}

// add puts a fact with those before that are about the same.
func (g *group) add(ctx context.Context, about store.Record, fact v5) error {
	if a := g.about; len(g.facts) > 0 && (a.Run != about.Run || a.Batch != about.Batch || a.At != about.At) {
		if err := g.end(ctx); err != nil {
			return err
		}
	}
	g.about = about
	g.facts = append(g.facts, fact)
	return nil
}

func (g *group) end(ctx context.Context) error {
	if len(g.facts) == 0 {
		return nil
	}
	err := g.c.add(ctx, g.about, g.facts)
	g.facts = nil
	return err
}

// grouped moves the rows of a query, several to a record.
func (c *conversion) grouped(ctx context.Context, query string, f func(scan func(...any) error) (store.Record, v5, error)) error {
	g := group{c: c}
	err := c.each(ctx, query, func(scan func(...any) error) error {
		about, fact, err := f(scan)
		if err != nil {
			return err
		}
		return g.add(ctx, about, fact)
	})
	if err != nil {
		return err
	}
	return g.end(ctx)
}

func (c *conversion) purchases(ctx context.Context) error {
	const query = `SELECT run, batch, at, step, domain, kind, before, years, amount, known, currency FROM purchases JOIN intents USING (batch) ORDER BY batch, step`
	return c.grouped(ctx, query, func(scan func(...any) error) (store.Record, v5, error) {
		r := store.Record{Kind: "purchase"}
		var step, domain, kind, before, currency store.Text
		var years, amount int64
		var known bool
		err := scan(&r.Run, &r.Batch, &r.At, &step, &domain, &kind, &before, &years, &amount, &known, &currency)
		return r, v5{
			"step": step, "domain": domain, "kind": kind, "before": before, "years": years, "amount": amount, "known": known, "currency": currency,
		}, err
	})
}

func (c *conversion) results(ctx context.Context) error {
	const query = `SELECT run, batch, r.at, detail, step, success, message, r.request_id FROM results r JOIN intents USING (batch) ORDER BY batch, r.at, detail`
	return c.grouped(ctx, query, func(scan func(...any) error) (store.Record, v5, error) {
		r := store.Record{Kind: "result"}
		var detail, step, message, request store.Text
		var success bool
		err := scan(&r.Run, &r.Batch, &r.At, &detail, &step, &success, &message, &request)
		return r, v5{"detail": detail, "step": step, "success": success, "message": message, "request_id": request}, err
	})
}

func (c *conversion) acknowledgements(ctx context.Context) error {
	const query = `SELECT run, batch, a.at, detail, note FROM acknowledgements a JOIN intents USING (batch) ORDER BY batch, detail`
	return c.grouped(ctx, query, func(scan func(...any) error) (store.Record, v5, error) {
		r := store.Record{Kind: "acknowledgement"}
		var detail, note store.Text
		err := scan(&r.Run, &r.Batch, &r.At, &detail, &note)
		return r, v5{"detail": detail, "note": note}, err
	})
}

func (c *conversion) conclusions(ctx context.Context) error {
	const query = `SELECT run, batch, c.at, step, verdict, reason FROM conclusions c JOIN intents USING (batch) ORDER BY c.rowid`
	return c.grouped(ctx, query, func(scan func(...any) error) (store.Record, v5, error) {
		r := store.Record{Kind: "conclusion"}
		var step, verdict, reason store.Text
		err := scan(&r.Run, &r.Batch, &r.At, &step, &verdict, &reason)
		return r, v5{"step": step, "verdict": verdict, "reason": reason}, err
	})
}

func (c *conversion) verifications(ctx context.Context) error {
	return c.grouped(ctx, `SELECT run, at, change, verdict, note FROM verifications ORDER BY rowid`, func(scan func(...any) error) (store.Record, v5, error) {
		r := store.Record{Kind: "verification"}
		var change, verdict, note store.Text
		err := scan(&r.Run, &r.At, &change, &verdict, &note)
		return r, v5{"change": change, "verdict": verdict, "note": note}, err
	})
}

func (c *conversion) sightings(ctx context.Context) error {
	return c.grouped(ctx, `SELECT at, mark, live FROM sightings ORDER BY rowid`, func(scan func(...any) error) (store.Record, v5, error) {
		r := store.Record{Kind: "sighting"}
		var mark store.Text
		var live bool
		err := scan(&r.At, &mark, &live)
		return r, v5{"mark": mark, "live": live}, err
	})
}
