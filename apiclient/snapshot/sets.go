package snapshot

import "sync"

// mostSets bounds the sets that are known. An account of as many names with sets of
// their own gains nothing by more.
const mostSets = 10_000

// Sets give equal sets of texts as one: thousands of names have the same nameservers,
// and what holds them for a million is large. Nobody may change a set that they gave.
// The zero value knows none. They are safe for use by many goroutines at once.
type Sets struct {
	mu    sync.Mutex
	known map[string][]string // by their texts, each behind a line end
	key   []byte
}

// Of returns a set that has the same texts in the same order.
func (s *Sets) Of(set []string) []string {
	if len(set) == 0 {
		return set
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = s.key[:0]
	for _, text := range set {
		s.key = append(append(s.key, '\n'), text...)
	}
	if known, ok := s.known[string(s.key)]; ok {
		return known
	}
	if s.known == nil {
		s.known = make(map[string][]string)
	}
	if len(s.known) < mostSets {
		s.known[string(s.key)] = set
	}
	return set
}
