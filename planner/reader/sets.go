package reader

import (
	"strings"
	"sync"
)

// mostSets bounds the sets that are known. An account of as many names with sets of
// their own gains nothing by more.
const mostSets = 10_000

// sharedSets gives equal sets of host names as one: thousands of names have the same
// nameservers, and what holds them for a million is large. Nobody changes a set that
// was read. It is safe for use by many goroutines at once.
type sharedSets struct {
	mu    sync.Mutex
	known map[string][]string
}

// of returns a set that is equal to one that is sorted.
func (s *sharedSets) of(set []string) []string {
	if len(set) == 0 {
		return set
	}
	key := strings.Join(set, " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.known[key]; ok {
		return known
	}
	if s.known == nil {
		s.known = make(map[string][]string)
	}
	if len(s.known) < mostSets {
		s.known[key] = set
	}
	return set
}
