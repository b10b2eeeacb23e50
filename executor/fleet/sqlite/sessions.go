package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
)

// BeginSession is [fleet.Sessions.BeginSession].
func (t *Table) BeginSession(ctx context.Context, s fleet.Session) error {
	return t.write(ctx, func(tx *sql.Tx, now time.Time) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE until <= ?`, now.UnixMilli()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO sessions (id, person, token, began, until) VALUES (?, ?, ?, ?, ?)`,
			s.ID[:], s.Person, s.Token[:], s.Began.UnixMilli(), s.Until.UnixMilli())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM sessions WHERE person = ?1 AND id NOT IN
			(SELECT id FROM sessions WHERE person = ?1 ORDER BY began DESC, id LIMIT ?2)`, s.Person, fleet.MostSessions)
		return err
	})
}

// Session is [fleet.Sessions.Session].
func (t *Table) Session(ctx context.Context, id fleet.SessionID) (*fleet.Session, error) {
	s := fleet.Session{ID: id}
	var token []byte
	var began, until int64
	err := t.db.QueryRowContext(ctx, `SELECT person, token, began, until FROM sessions WHERE id = ? AND until > ?`, id[:], t.clock.Now().UnixMilli()).Scan(&s.Person, &token, &began, &until)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, t.failed(err)
	}
	copy(s.Token[:], token)
	s.Began, s.Until = time.UnixMilli(began).UTC(), time.UnixMilli(until).UTC()
	return &s, nil
}

// EndSession is [fleet.Sessions.EndSession].
func (t *Table) EndSession(ctx context.Context, id fleet.SessionID) error {
	return t.write(ctx, func(tx *sql.Tx, _ time.Time) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE id = ?`, id[:])
		return err
	})
}
