package planner

import "github.com/domainsync/domainsync/config/attr"

// A spread passes on what keeps a change from being made to those that must be
// made after it, however long their chains are. It looks at each change once for
// each of those that it waits for.
type spread struct {
	looks int // at changes, so far: what it costs
}

// predecessors returns the IDs of the changes that must be made before one.
type predecessors func(c *attr.Change) []string

// from begins with changes that are not made, by their IDs. It calls f with each
// change that waits for one of them; where f reports that this one is not made
// either, it goes on with those that wait for it.
func (s *spread) from(begin []string, changes []attr.Change, before predecessors, f func(c *attr.Change, first string) bool) {
	if len(begin) == 0 {
		return
	}
	after := make(map[string][]*attr.Change)
	for i := range changes {
		s.looks++
		for _, id := range before(&changes[i]) {
			after[id] = append(after[id], &changes[i])
		}
	}
	for ; len(begin) > 0; begin = begin[1:] {
		for _, c := range after[begin[0]] {
			s.looks++
			if f(c, begin[0]) {
				begin = append(begin, c.ID)
			}
		}
	}
}

// follows returns the change that one follows.
func follows(c *attr.Change) []string {
	if c.Follows == "" {
		return nil
	}
	return []string{c.Follows}
}

// firstNeeds returns the changes that the first step of one needs.
func firstNeeds(c *attr.Change) (ids []string) {
	if len(c.Steps) > 0 {
		ids = changesOfSteps(c.Steps[0].Needs)
	}
	return ids
}

// followsOrNeeds returns the changes that one follows, or that its steps need.
func followsOrNeeds(c *attr.Change) []string {
	ids := follows(c)
	for i := range c.Steps {
		ids = append(ids, changesOfSteps(c.Steps[i].Needs)...)
	}
	return ids
}

func changesOfSteps(steps []string) []string {
	ids := make([]string, len(steps))
	for i, s := range steps {
		ids[i] = attr.ChangeOf(s)
	}
	return ids
}
