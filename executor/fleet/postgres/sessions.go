package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/domainsync/domainsync/executor/fleet"
)

// BeginSession is [fleet.Sessions.BeginSession].
func (t *Table) BeginSession(ctx context.Context, s fleet.Session) error {
	return t.write(ctx, shortly, func(ctx context.Context, tx *transaction) error {
		var b pgx.Batch
		b.Queue(`DELETE FROM domainsync_fleet.sessions WHERE until <= $1`, t.clock.Now())
		b.Queue(`INSERT INTO domainsync_fleet.sessions (id, person, token, began, until) VALUES ($1, $2, $3, $4, $5)`, s.ID[:], s.Person, s.Token[:], s.Began, s.Until)
		b.Queue(`DELETE FROM domainsync_fleet.sessions WHERE person = $1 AND id NOT IN
			(SELECT id FROM domainsync_fleet.sessions WHERE person = $1 ORDER BY began DESC, id LIMIT $2)`, s.Person, fleet.MostSessions)
		return tx.SendBatch(ctx, &b).Close()
	})
}

// Session is [fleet.Sessions.Session].
func (t *Table) Session(ctx context.Context, id fleet.SessionID) (*fleet.Session, error) {
	ctx, cancel := t.clock.WithTimeout(ctx, answers)
	defer cancel()
	s := fleet.Session{ID: id}
	var token []byte
	err := t.pool.QueryRow(ctx, `SELECT person, token, began, until FROM domainsync_fleet.sessions WHERE id = $1 AND until > $2`, id[:], t.clock.Now()).
		Scan(&s.Person, &token, &s.Began, &s.Until)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, t.failed(err)
	}
	copy(s.Token[:], token)
	s.Began, s.Until = s.Began.UTC(), s.Until.UTC()
	return &s, nil
}

// EndSession is [fleet.Sessions.EndSession].
func (t *Table) EndSession(ctx context.Context, id fleet.SessionID) error {
	return t.write(ctx, shortly, func(ctx context.Context, tx *transaction) error {
		_, err := tx.Exec(ctx, `DELETE FROM domainsync_fleet.sessions WHERE id = $1`, id[:])
		return err
	})
}
