package reader

import (
	"testing"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/planner"
)

// TestReadsAreThoseOfTheForecast: what is read and what the forecast counts are
// the same operations, telling the same facts, in the same order.
func TestReadsAreThoseOfTheForecast(t *testing.T) {
	t.Parallel()
	counted := planner.Reads()
	if len(counted) != len(rows) {
		t.Fatalf("the forecast counts %d reads of a name, and %d are made", len(counted), len(rows))
	}
	for i, r := range rows {
		if c := counted[i]; c.Operation != r.operation || c.Facts != r.facts || c.Least < 1 {
			t.Errorf("%s tells %v, and the forecast counts %s for %v", r.operation, r.facts.Names(), c.Operation, c.Facts.Names())
		}
	}
	for i, l := range planner.Lists() {
		if r := []listRow{namesList, scrolled}[i]; l.Operation != r.operation || l.Facts != r.facts {
			t.Errorf("%s tells %v, and the forecast counts %s for %v", r.operation, r.facts.Names(), l.Operation, l.Facts.Names())
		}
	}
	if l := planner.Lists()[1]; l.Calls(1200, 200) != scrollCalls(1200) {
		t.Errorf("a scroll over 1,200 names takes %d calls, and the forecast counts %d", scrollCalls(1200), l.Calls(1200, 200))
	}
	states := make(map[string]int)
	if planner.CountTransfersIn(states); states["QueryTransferInList"] != len(onTheWay) {
		t.Errorf("transfers into the account are asked for in %d states, and the forecast counts %v", len(onTheWay), states)
	}
	extra := make(map[string]int)
	planner.CountRegistryLocks(extra, lockPage+1)
	planner.CountDepartures(extra, 3)
	if len(extra) != 2 || extra[lockOperation] != 2 || extra[leftOperation] != 3 {
		t.Errorf("two pages of registry locks and three names that left are counted as %v", extra)
	}
	counted = planner.AccountReads()
	if len(counted) != len(accountRows) {
		t.Fatalf("the forecast counts %d reads of the account, and %d are made", len(counted), len(accountRows))
	}
	for i, r := range accountRows {
		if c := counted[i]; c.Operation != r.operation || c.Facts != r.facts || c.Least < 1 {
			t.Errorf("%s tells %v, and the forecast counts %s for %v", r.operation, r.facts.Names(), c.Operation, c.Facts.Names())
		}
	}
}

// TestRowsNameMembersOfTheirAnswers: what a row says of the members of its
// answer is about members that the answer has, and all that an answer may leave
// out are in its row.
func TestRowsNameMembersOfTheirAnswers(t *testing.T) {
	t.Parallel()
	for _, r := range rows {
		operation := r.operation
		if r.facts == snapshot.Presence {
			operation = "CheckDomain" // of a name that the account lacks
		}
		checkOptional(t, operation, r.optional)
		for _, x := range r.members {
			if x.fact&r.facts != x.fact {
				t.Errorf("%s: %s tells %v, which the row does not", r.operation, x.member, x.fact.Names())
			}
			if field(r.operation, x.member) == nil {
				t.Errorf("%s has no member %s", r.operation, x.member)
			}
		}
	}
	for _, r := range accountRows {
		checkOptional(t, r.operation, r.optional)
		for _, member := range r.required {
			if field(r.operation, member) == nil {
				t.Errorf("%s has no member %s", r.operation, member)
			}
		}
	}
}

func checkOptional(t *testing.T, operation string, may optional) {
	t.Helper()
	for member, name := range may {
		if f := field(operation, member); f == nil || name != "" && !f.Noted {
			t.Errorf("%s: answers cannot leave out %s", operation, member)
		}
	}
	for _, f := range wire.Lookup(operation).Response.All() {
		if _, known := may[f.Name]; f.Noted && !known {
			t.Errorf("%s: answers may leave out %s, and the row does not say so", operation, f.Name)
		}
	}
}

// field returns the member of an operation's answer, or of its rows.
func field(operation, member string) *wire.Field {
	for _, f := range wire.Lookup(operation).Response.All() {
		if f.Name == member {
			return f.Field
		}
	}
	return nil
}

// TestEveryFactHasARow: each fact is told by one row at least, and by the list of
// names, so that nothing can be asked for that nobody reads.
func TestEveryFactHasARow(t *testing.T) {
	t.Parallel()
	told := snapshot.Listed
	for _, r := range rows {
		told |= r.facts
	}
	for _, r := range accountRows {
		told |= r.facts
	}
	for f := snapshot.Listed; len(f.Names()) > 0; f <<= 1 {
		if told&f == 0 {
			t.Errorf("no read tells %v", f.Names())
		}
	}
}
