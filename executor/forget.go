package executor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/personal"
)

// ForgetOptions say whom the state is to forget. One of them is set.
type ForgetOptions struct {
	// Who is an e-mail address or another text of a person, such as a name, or a
	// domain name: then it is whoever its changes tell of.
	Who string
	// Before selects all persons of runs that ended before; zero: none.
	Before time.Time

	// since is when the first run ended that may have somebody to forget.
	since time.Time
}

// Forgotten is what was forgotten.
type Forgotten struct {
	Persons int     // those of two runs count twice
	Runs    []int64 // that told of them
	Open    []int64 // those of Runs that are open, and cannot be resumed
}

// Forget forgets persons, in runs of former versions, too. Runs, what they bought
// and what proves it stay. An error for which
// [journal.RoomKept] holds says that they are forgotten, and still lie in freed room.
func Forget(ctx context.Context, j *journal.Journal, o ForgetOptions) (f Forgotten, err error) {
	runs, err := j.Runs(ctx)
	if err != nil {
		return f, err
	}
	ended := make(map[int64]time.Time)
	for i := range runs {
		ended[runs[i].ID] = runs[i].Ended()
	}
	err = partFormers(ctx, j, func(run int64) bool {
		return o.Who != "" || !ended[run].IsZero() && ended[run].Before(o.Before) && !ended[run].Before(o.since)
	})
	if err != nil {
		return f, err
	}
	named, err := personsOfName(ctx, j, runs, o.Who)
	if err != nil {
		return f, err
	}
	f.Persons, err = j.Forget(ctx, func(p journal.Person) bool {
		end := ended[p.Run]
		gone := o.Who != "" && (named[p.Run][signature(p.Fields)] || slices.ContainsFunc(p.Fields, func(t personal.Text) bool { return strings.EqualFold(t.Text, o.Who) })) ||
			!end.IsZero() && end.Before(o.Before)
		if gone && !slices.Contains(f.Runs, p.Run) {
			f.Runs = append(f.Runs, p.Run)
			if end.IsZero() {
				f.Open = append(f.Open, p.Run)
			}
		}
		return gone
	})
	return f, err
}

// signature is equal for persons with equal texts.
func signature(person []personal.Text) string {
	texts := make([]string, len(person))
	for i, t := range person {
		texts[i] = t.Field + "=" + t.Text
	}
	slices.Sort(texts)
	return strings.Join(texts, "\n")
}

// personsOfName returns the persons of whom the changes of a name tell, by run.
func personsOfName(ctx context.Context, j *journal.Journal, runs []journal.Run, name string) (map[int64]map[string]bool, error) {
	named := make(map[int64]map[string]bool)
	if name == "" || strings.Contains(name, "@") {
		return named, nil
	}
	for i := range runs {
		l, p, err := storedRun(ctx, j, runs[i].ID)
		if err != nil {
			return nil, err
		}
		named[l.ID] = make(map[string]bool)
		for c := range p.Differences() {
			if !strings.EqualFold(c.Domain, name) {
				continue
			}
			for _, person := range slices.Concat(attr.Persons(c.Before), attr.Persons(c.After)) {
				named[l.ID][signature(person)] = true
			}
		}
	}
	return named, nil
}

// partFormers keeps the persons of some runs of former versions apart from all else.
// What still takes room then, [journal.Journal.Forget] gives back.
func partFormers(ctx context.Context, j *journal.Journal, some func(run int64) bool) error {
	formers, err := j.Formers(ctx, some)
	if err != nil {
		return err
	}
	for _, former := range formers {
		p, err := decodePlan(former.Plan)
		if err != nil {
			return fmt.Errorf("run %d: %w", former.Run, err)
		}
		persons, err := personsOf(ctx, p, j)
		if err != nil {
			return err
		}
		var plan bytes.Buffer
		if err := errors.Join(writePlan(&plan, p, persons), writeFollows(&plan, p, persons)); err != nil {
			return err
		}
		if err := j.Part(ctx, former.Run, plan.Bytes(), persons, attr.PersonalParameter); err != nil && !journal.RoomKept(err) {
			return err
		}
	}
	return nil
}
