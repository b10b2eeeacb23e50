package simulator

import (
	"math/rand/v2"
	"net/http"
	"time"
)

// Hostile returns faults by which everything goes wrong now and then: a client
// that works with them has to expect all of it. What changes the account for
// good (names that leave it, details that never end) is not among them, so that
// whatever is asked for can be reached.
func Hostile() Faults {
	const results = "PollTaskResult"
	moment, while := Range{Min: 10 * time.Millisecond, Max: 500 * time.Millisecond}, Range{Min: time.Second, Max: 20 * time.Second}
	return Faults{Rules: []Fault{
		{Kind: Delay, Share: 0.05, Wait: moment},
		{Kind: Refuse, Share: 0.01},
		{Kind: Reset, Share: 0.01},
		{Kind: Hang, Share: 0.002},
		{Kind: Throttle, Share: 0.02, Wait: moment},
		{Kind: Fail5xx, Share: 0.01},
		{Kind: Fail5xx, Share: 0.01, Status: 503, Wait: moment},
		{Kind: Lose, Share: 0.01},
		{Kind: Timeout, Share: 0.002},
		{Kind: FailAfter, Share: 0.01},
		{Kind: NoTaskNumber, Share: 0.02},
		{Kind: Reorder, Operation: results, Share: 0.2},
		{Kind: Repeat, Operation: results, Share: 0.1},
		{Kind: ForeignTask, Operation: results, Share: 0.05},
		{Kind: Take, Operation: results, Share: 0.02},
		{Kind: Slow, Share: 0.1, Wait: while},
		{Kind: FailDetail, Share: 0.02},
		{Kind: Steal, Share: 0.03},
		{Kind: Deny, Share: 0.01},
	}}
}

// seeded is what a seed is set by, or which one is.
type seeded struct {
	Seed uint64 `json:"seed"`
}

// BeHostile sets the faults of [Hostile], and the seed that they follow from; 0
// is any. It returns the seed.
func (s *Simulator) BeHostile(seed uint64) (uint64, error) {
	for seed == 0 {
		seed = rand.Uint64() //nolint:gosec // it picks faults, not secrets
	}
	s.mu.Lock()
	s.options.Seed = seed
	s.mu.Unlock()
	return seed, s.SetFaults(Hostile())
}

// hostileControl has everything go wrong from now on.
func (s *Simulator) hostileControl(mux *http.ServeMux) {
	post(s, mux, "hostile", func(to seeded) (any, error) {
		seed, err := s.BeHostile(to.Seed)
		return seeded{Seed: seed}, err
	})
}

// Failures returns how many details have failed so far, those included whose
// result only says so: as often a change may be saved once more.
func (s *Simulator) Failures() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	n := 0
	for _, d := range s.tasks.details {
		if !d.ended.IsZero() && d.failure != "" {
			n++
		}
	}
	return n
}
