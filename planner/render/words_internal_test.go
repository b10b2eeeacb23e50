package render

import (
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/planner"
)

// TestWhatAPlanRestsOn: its head says what was read now, what stands from before and
// how old that is, and what another run has to read again.
func TestWhatAPlanRestsOn(t *testing.T) {
	t.Parallel()
	readAt := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for want, s := range map[string]planner.Summary{
		"3 names read now, 19,997 stand as read before, the oldest 12 days ago (2026-05-20 11:00:00 UTC), 667 names due to be read again": {
			ReadNow: 3, Standing: 19_997, Oldest: readAt.Add(-12*24*time.Hour - time.Hour), Due: 667,
		},
		"0 names read now, 1 stands as read before, the oldest 25h ago (2026-05-31 11:00:00 UTC)": {Standing: 1, Oldest: readAt.Add(-25 * time.Hour)},
	} {
		if got := readingWords(&planner.Plan{ReadAt: readAt, Summary: s}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestOriginOfTransfers: a plan that orders transfers speaks of these, not of names
// that files declare.
func TestOriginOfTransfers(t *testing.T) {
	t.Parallel()
	p := &planner.Plan{Account: "7"}
	for transfers, want := range map[int]string{0: "Compares 0 declared names with account 7", 1: "Orders 1 transfer into account 7", 2: "Orders 2 transfers into account 7"} {
		p.Summary.Transfers = transfers
		if got := origin(p, "Compares", "Orders", strings.ToUpper); got != want {
			t.Errorf("%d transfers: %q, want %q", transfers, got, want)
		}
	}
}
