package main

import (
	"context"

	"github.com/domainsync/domainsync/executor/limits"
	"github.com/domainsync/domainsync/executor/limits/postgres"
	"github.com/domainsync/domainsync/internal/pgsql"
)

// fleetLimits are the limits of the access keys of a fleet.
type fleetLimits struct {
	ledger *postgres.Ledger // nil: they are those of this process alone
}

// shareLimits has all jobs of the process share the limits of their access keys, and those
// of all processes where the state of the fleet is a database.
func (a *app) shareLimits(ctx context.Context, state string) (*fleetLimits, error) {
	if !pgsql.Is(state) {
		a.meter = limits.New(&limits.Memory{Clock: a.clock}, a.clock, a.log)
		return new(fleetLimits), nil
	}
	ledger, err := postgres.Open(ctx, state)
	if err != nil {
		return nil, err
	}
	a.meter = limits.New(ledger, a.clock, a.log)
	return &fleetLimits{ledger}, nil
}

func (l *fleetLimits) close() {
	if l.ledger != nil {
		l.ledger.Close()
	}
}

// forget forgets the keys that nobody uses any more.
func (l *fleetLimits) forget(ctx context.Context) error {
	if l.ledger == nil {
		return nil
	}
	return l.ledger.Forget(ctx)
}
