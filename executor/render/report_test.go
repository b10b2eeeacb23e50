package render_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/render"
)

func TestReportInWords(t *testing.T) {
	t.Parallel()
	r := executor.Report{
		Run: 7, Interrupted: true, Unlocked: []string{"c.example"}, OpenTasks: []string{"t9"}, Trouble: []string{"something\x1b[2J else"},
		Submits: 3, Tasks: 2, Acknowledged: 1, Seconds: 2.04,
		Changes: []executor.ChangeReport{
			{Domain: "a.example", Attribute: "nameservers", Result: executor.Failed, Message: "The registry\nrefused.", Task: "t1", RequestID: "r1"},
			{Domain: "b.example", Attribute: "nameservers", Result: executor.Verified},
			{Domain: "c.example", Attribute: "nameservers", Result: executor.Verified},
			{Domain: "xn--bcher-kva.example", Attribute: "transfer_lock", Result: executor.Failed, Code: "Forbidden", Message: "no", RequestID: "r2"},
			{Domain: "b.example", Attribute: "hosts", Element: "ns1", Result: executor.Verified},
			{Domain: "b.example", Attribute: "hosts", Element: "ns2", Result: executor.Verified},
			{Domain: "b.example", Attribute: "hosts", Element: "ns3", Result: executor.Failed, Message: "no", RequestID: "r3"},
			{Domain: "e.example", Attribute: "nameservers", Result: executor.NotSent, Message: "the run was interrupted"},
			{Domain: "f.example", Attribute: "nameservers", Result: executor.InDoubt, Message: "task t9 has said nothing for 30m0s"},
		},
	}
	var b strings.Builder
	if err := render.ReportText(&b, &r, 0); err != nil {
		t.Fatal(err)
	}
	want := `2 names: nameservers changed and verified
1 name: hosts changed and verified
1 name: nameservers failed; the next apply tries again:
  a.example  The registry\nrefused. (task t1, request r1)
1 name: transfer_lock failed; the next apply tries again:
  bücher.example  Forbidden: no (request r2)
1 name: hosts failed; the next apply tries again:
  b.example ns3  no (request r3)
1 name: nameservers not sent: the run was interrupted
1 name: nameservers in doubt: sent, and nobody knows what became of it:
  f.example  task t9 has said nothing for 30m0s
1 name is left unlocked; the next apply closes the lock:
  c.example
1 task without all results: t9
something\u{1B}[2J else
Run 7 was interrupted: domainsync resume goes on with it, and the next apply settles it.
3 requests, 2 tasks, 1 result acknowledged, 2s
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

// TestReportTellsEditsFromDrifts: both stand apart, and of drifts it is said who had
// made them, as far as the change log has told.
func TestReportTellsEditsFromDrifts(t *testing.T) {
	t.Parallel()
	later := byHand()
	later.Latest = later.At.Add(8 * time.Hour)
	r := executor.Report{Run: 7, Changes: []executor.ChangeReport{
		{Domain: "a.example", Attribute: "nameservers", Result: executor.Verified, Origin: attr.Edit},
		{Domain: "b.example", Attribute: "nameservers", Result: executor.Verified, Origin: attr.Drift, Logged: byHand()},
		{Domain: "c.example", Attribute: "nameservers", Result: executor.Verified, Origin: attr.Drift, Logged: byHand()},
		{Domain: "d.example", Attribute: "nameservers", Result: executor.Verified, Origin: attr.Drift},
		{Domain: "e.example", Attribute: "nameservers", Result: executor.Verified, Origin: attr.Drift, Logged: later},
		{Domain: "f.example", Attribute: "nameservers", Result: executor.Verified},
		{Domain: "g.example", Attribute: "nameservers", Result: executor.Failed, Message: "no", Origin: attr.Drift, Logged: byHand()},
		{Domain: "h.example", Attribute: "nameservers", Result: executor.Differs, Origin: attr.Drift, Logged: byHand()},
	}}
	var b strings.Builder
	if err := render.ReportText(&b, &r, 0); err != nil {
		t.Fatal(err)
	}
	want := `1 name: nameservers (edit) changed and verified
4 names: nameservers (drift) changed and verified
  changed 2026-03-01 03:17:00 UTC from 192.0.2.7: DNS Modification
    b.example, c.example
  e.example  changed 2026-03-01 03:17:00 or 2026-03-01 11:17:00 UTC from 192.0.2.7: DNS Modification
1 name: nameservers changed and verified
1 name: nameservers (drift) changed, but the account shows something else:
  h.example  changed 2026-03-01 03:17:00 UTC from 192.0.2.7: DNS Modification
1 name: nameservers (drift) failed; the next apply tries again:
  g.example  no; changed 2026-03-01 03:17:00 UTC from 192.0.2.7: DNS Modification
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

// TestReportSaysOnceWhatIsSaidOfMany: an interrupted task has a thousand names.
func TestReportSaysOnceWhatIsSaidOfMany(t *testing.T) {
	t.Parallel()
	r := executor.Report{Run: 7}
	for i := range 25 {
		o := executor.ChangeReport{Domain: fmt.Sprintf("n%02d.example", i), Attribute: "update_lock", Result: executor.InDoubt, Task: "t1", RequestID: "r1"}
		if i == 3 || i == 5 {
			o.Result, o.Message = executor.Failed, "no"
		}
		if i == 4 {
			o.Result, o.Message = executor.Failed, "never"
		}
		r.Changes = append(r.Changes, o)
	}
	var b strings.Builder
	if err := render.ReportText(&b, &r, 0); err != nil {
		t.Fatal(err)
	}
	want := `3 names: update_lock failed; the next apply tries again:
  no (task t1, request r1)
    n03.example, n05.example
  n04.example  never (task t1, request r1)
22 names: update_lock in doubt: sent, and nobody knows what became of it:
  (task t1, request r1)
    n00.example, n01.example, n02.example, n06.example, n07.example, n08.example, n09.example, n10.example, n11.example, n12.example, n13.example, n14.example, n15.example, n16.example, n17.example, n18.example, n19.example, n20.example, n21.example, n22.example and 2 more, which domainsync runs show 7 lists
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}
