package journal

import (
	"context"
	"database/sql"
	"time"
)

// A Purchase is what a batch orders for one name. It is recorded with the
// batch's intent.
type Purchase struct {
	Run      int64     `json:"run"`
	Batch    int64     `json:"batch"`
	Step     string    `json:"step"`
	Domain   string    `json:"domain"`
	Kind     string    `json:"kind"`   // the attribute
	Before   string    `json:"before"` // its live value, as JSON
	Years    int       `json:"years"`
	Amount   int64     `json:"amount"` // in hundredths of the currency's unit
	Known    bool      `json:"known"`  // false: it costs Amount at most
	Currency string    `json:"currency"`
	At       time.Time `json:"at"`
	State    State     `json:"state"` // of the step in the batch
}

// addPurchases records what a batch orders.
func addPurchases(add insert, n *Intent) error {
	for _, p := range n.Purchases {
		if _, err := add(`INSERT INTO purchases (batch, step, domain, kind, before, years, amount, known, currency) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			n.Batch, p.Step, p.Domain, p.Kind, p.Before, p.Years, p.Amount, p.Known, p.Currency); err != nil {
			return err
		}
	}
	return nil
}

// Purchases returns what was ordered since a time, the oldest first, failed
// orders included.
func (j *Journal) Purchases(ctx context.Context, since time.Time) ([]Purchase, error) {
	var all []Purchase
	err := j.each(ctx, func(scan scanner) error {
		var p Purchase
		var at int64
		var success sql.NullBool
		var verdict, outcome, task sql.NullString
		if err := scan(&p.Run, &p.Batch, &p.Step, &p.Domain, &p.Kind, &p.Before, &p.Years, &p.Amount, &p.Known, &p.Currency, &at,
			&success, &verdict, &outcome, &task); err != nil {
			return err
		}
		p.At = fromMillis(at)
		p.State = stateOf(p.Step, success, verdict, outcome, task)
		all = append(all, p)
		return nil
	}, `SELECT run, purchases.batch, step, domain, kind, before, years, amount, known, currency, intents.at,
		(SELECT success FROM results r WHERE r.batch = purchases.batch AND r.step = purchases.step ORDER BY r.at, r.detail LIMIT 1),
		(SELECT verdict FROM conclusions c WHERE c.batch = purchases.batch AND c.step = purchases.step ORDER BY c.rowid DESC LIMIT 1),
		(SELECT outcome FROM outcomes o WHERE o.batch = purchases.batch ORDER BY o.rowid DESC LIMIT 1),
		(SELECT task FROM submissions s WHERE s.batch = purchases.batch)
		FROM purchases JOIN intents USING (batch) WHERE intents.at >= ? ORDER BY purchases.batch, step`, millis(since))
	return all, err
}

// stateOf returns where a step stands of whose batch the last facts are given.
func stateOf(step string, success sql.NullBool, verdict, outcome, task sql.NullString) State {
	b := Batch{byStep: make(map[string]Result), conclusions: make(map[string]Conclusion)}
	if success.Valid {
		b.byStep[step] = Result{Success: success.Bool}
	}
	if verdict.Valid {
		b.conclusions[step] = Conclusion{Verdict: Verdict(verdict.String)}
	}
	if outcome.Valid {
		b.Outcomes = []CallFailure{{Kind: CallKind(outcome.String)}}
	}
	if task.Valid {
		b.Task = &Submission{Task: task.String}
	}
	return b.Step(step)
}
