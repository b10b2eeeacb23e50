package journal

import (
	"context"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// Spent is what somebody has stated of orders that the journal does not know.
type Spent struct {
	Amount   int64 // in hundredths of the currency's unit
	Currency string
	Tasks    []string // that it is about, in order
	At       time.Time
}

// StateSpent records a statement. A later one replaces it.
func (j *Journal) StateSpent(ctx context.Context, s Spent) error {
	r, err := encode(about{kind: kindSpent, at: s.At}, spentData{Amount: s.Amount, Currency: text(s.Currency), Tasks: textsOf(s.Tasks)})
	if err != nil {
		return err
	}
	return j.append(ctx, "what others have spent", r)
}

// LastSpent returns the last statement, nil where there is none.
func (j *Journal) LastSpent(ctx context.Context) (*Spent, error) {
	var d spentData
	r, err := j.last(ctx, store.Query{Kinds: []string{kindSpent}}, &d)
	if err != nil || r == nil {
		return nil, err
	}
	return &Spent{Amount: d.Amount, Currency: string(d.Currency), Tasks: stringsOf(d.Tasks), At: fromMillis(r.At)}, nil
}
