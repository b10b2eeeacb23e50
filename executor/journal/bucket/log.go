package bucket

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"

	"github.com/sourcegraph/conc/pool"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// A log is what the entries say that were read so far.
type log struct {
	records []store.Record // of a slice that is only added to, or replaced
	fence   int64          // of the last turn
	next    int64          // the number of the next entry
	number  int64          // the number of the next record
	turns   []int64        // the numbers of all turns
	entries int            // how many were read since the last compaction, with it
}

// apply adds what an entry says.
func (l *log) apply(e *entry) error {
	switch {
	case e.Number != l.next:
		return fmt.Errorf("it says that it is number %d", e.Number)
	case e.Kind == kindTurn && e.Fence <= l.fence, e.Kind == kindAppend && e.Fence != l.fence:
		return fmt.Errorf("it is of the holder %d, and the one before of %d", e.Fence, l.fence)
	}
	switch e.Kind {
	case kindTurn:
		l.turns = append(l.turns, e.Number)
	case kindAppend:
		l.records = append(l.records, fromRecords(e.Records)...)
	case kindCompaction:
		l.records, l.turns, l.entries = fromRecords(e.Records), e.Turns, 0
	default:
		return fmt.Errorf("it is of the kind %q: a newer domainsync wrote it, use that one", e.Kind)
	}
	l.fence, l.next, l.number = e.Fence, e.Number+1, e.Next
	l.entries++
	return nil
}

// numberOf returns the number at the end of a key.
func numberOf(key string) (int64, bool) {
	n, err := strconv.ParseInt(path.Base(key), 10, 64)
	return n, err == nil
}

// errGap says that an entry is not there, as while somebody else removes.
var errGap = errors.New("an entry is missing")

// refreshTries is how often a log is read that changes meanwhile.
const refreshTries = 5

// refresh reads the entries that were added since it was read last.
func (s *Store) refresh(ctx context.Context) error {
	for try := 1; ; try++ {
		err := s.readOn(ctx)
		if !errors.Is(err, errGap) {
			return err
		}
		if try == refreshTries {
			return fmt.Errorf("%w: objects of it were deleted, or it was put back from a copy that lacks some", err)
		}
	}
}

// readOn reads the entries behind those that are known, from the last compaction
// on. Whoever removes deletes nothing before there is a later beginning, so a gap
// that is none of a loss goes away when that is read again.
func (s *Store) readOn(ctx context.Context) error {
	start, err := s.highest(ctx, "start")
	if err != nil {
		return err
	}
	read := s.log
	if start >= read.next {
		read = log{next: start}
	}
	keys, err := s.objects.list(ctx, s.all("log"), s.numbered("log", read.next-1))
	if err != nil {
		return err
	}
	if len(keys) == 0 && start >= read.next {
		return fmt.Errorf("%w: number %d, where it begins", errGap, start)
	}
	entries, err := s.entries(ctx, keys, read.next)
	if err != nil {
		return err
	}
	for i := range entries {
		if err := read.apply(&entries[i]); err != nil {
			return fmt.Errorf("the object %s: %w", keys[i], err)
		}
	}
	s.log = read
	return nil
}

// readers is how many objects are read at once.
const readers = 16

// entries reads the entries of some keys, whose numbers have no gap.
func (s *Store) entries(ctx context.Context, keys []string, first int64) ([]entry, error) {
	all := make([]entry, len(keys))
	p := pool.New().WithContext(ctx).WithMaxGoroutines(readers).WithFirstError().WithCancelOnError()
	for i, key := range keys {
		if n, ok := numberOf(key); !ok || n != first+int64(i) {
			return nil, errors.Join(fmt.Errorf("%w: number %d", errGap, first+int64(i)), p.Wait())
		}
		p.Go(func(ctx context.Context) error {
			o, err := s.objects.get(ctx, key)
			if errors.Is(err, errAbsent) {
				return fmt.Errorf("%w: number %d", errGap, first+int64(i))
			}
			if err == nil {
				err = decode(o.data, &all[i])
			}
			if err != nil {
				return fmt.Errorf("the object %s: %w", key, err)
			}
			return nil
		})
	}
	return all, p.Wait()
}
