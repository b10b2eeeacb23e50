package main

import (
	"context"

	"github.com/domainsync/domainsync/executor/fleet/queue"
)

// carry has jobs that are due brought to the processes that share the fleet. Of a fleet in
// a directory a process finds them by itself. What it returns ends that.
func (s *fleetServer) carry(ctx context.Context) (end func() error, err error) {
	table, shared := s.table.(queue.Table)
	if !shared {
		return func() error { return nil }, nil
	}
	q, err := queue.Open(ctx, s.state.place, queue.Options{Table: table, Log: s.app.log, Clock: s.app.clock})
	if err != nil {
		return nil, err
	}
	s.runner.Carrier = q
	return q.Close, nil
}
