package fleet_test

import (
	"testing"

	"github.com/domainsync/domainsync/executor/fleet"
)

// TestWhatActsTellWhom: reasons that persons type are for those who decide, addresses for
// admins, and what the program writes for everybody.
func TestWhatActsTellWhom(t *testing.T) {
	t.Parallel()
	const detail = "from 192.0.2.1, as Grace Personal asks"
	least := map[fleet.Deed]fleet.Role{
		fleet.DeedPause: fleet.Approver, fleet.DeedResume: fleet.Approver, fleet.DeedAsk: fleet.Approver, fleet.DeedCancel: fleet.Approver, "of another version": fleet.Approver,
		fleet.DeedSignIn: fleet.Admin, fleet.DeedSignOut: fleet.Admin,
		fleet.DeedServe: fleet.Viewer, fleet.DeedBegin: fleet.Viewer, fleet.DeedEnd: fleet.Viewer, fleet.DeedDeclare: fleet.Viewer, fleet.DeedReject: fleet.Viewer, fleet.DeedGlass: fleet.Viewer,
	}
	for deed, role := range least {
		for _, r := range append(fleet.Roles(), "") {
			act := fleet.Act{By: "ada", Deed: deed, Job: "corp", Detail: detail}
			seen := act.SeenBy(r)
			want := r.Permits(role) || role == fleet.Viewer
			if got := seen.Detail == detail; got != want || seen.Detail == "" {
				t.Errorf("%s, to a %q: %q", deed, r, seen.Detail)
			}
			if act.Detail = ""; act.SeenBy(r) != act {
				t.Errorf("%s, to a %q: a reason that there is not", deed, r)
			}
		}
	}
}

// TestEntriesAreNotChangedByLooking: who may not see a reason does not take it from others.
func TestEntriesAreNotChangedByLooking(t *testing.T) {
	t.Parallel()
	e := fleet.Entry{Paused: &fleet.Act{Deed: fleet.DeedPause, Detail: "why"}, Asked: &fleet.Act{Deed: fleet.DeedAsk, Detail: "why"}}
	seen := e.SeenBy(fleet.Viewer)
	if seen.Paused.Detail == "why" || seen.Asked.Detail == "why" {
		t.Errorf("a viewer sees %+v", seen)
	}
	if again := e.SeenBy(fleet.Approver); again.Paused.Detail != "why" || again.Asked.Detail != "why" {
		t.Errorf("an approver sees %+v", again)
	}
}
