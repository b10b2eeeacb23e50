package journal_test

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal"
)

var record = flag.String("record", "", "write journals with the code as it is into testdata, under this `name`, for later versions to read")

// told is all that a journal tells, as JSON.
type told struct {
	Endpoint, Account string
	Runs              []journal.Run
	Ledgers           []toldLedger
	Declared          [][]byte
	Tasks             map[string]string
	Purchases         []journal.Purchase
	Seen              map[string]time.Time
}

// toldLedger is what a journal tells of one run. Texts are bytes, since JSON has
// no other way to tell those that are not UTF-8.
type toldLedger struct {
	Plan          []byte
	Declared      [][]byte
	Batches       []toldBatch
	Verifications []journal.Verification
	Unacked       []string
}

type toldBatch struct {
	journal.Intent
	Task        *journal.Submission
	Outcomes    []journal.CallFailure
	Messages    [][]byte
	Results     []journal.Result
	Steps       []toldStep
	State       journal.State
	LastOutcome *journal.CallFailure
}

type toldStep struct {
	Step       []byte
	State      journal.State
	KnownAt    time.Time
	Conclusion journal.Conclusion
}

func texts(all []string) [][]byte {
	var out [][]byte
	for _, s := range all {
		out = append(out, []byte(s))
	}
	return out
}

// tell reads all that a journal tells.
func tell(ctx context.Context, t *testing.T, dir string) []byte {
	t.Helper()
	j, err := journal.Open(ctx, dir, journal.Options{ReadOnly: true})
	no := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	no(err)
	defer func() { no(j.Close()) }()
	var all told
	all.Endpoint, all.Account, err = j.Binding(ctx)
	no(err)
	all.Runs, err = j.Runs(ctx)
	no(err)
	for _, r := range all.Runs {
		l, err := j.Ledger(ctx, r.ID)
		no(err)
		all.Ledgers = append(all.Ledgers, tellLedger(l))
	}
	declared, err := j.LastDeclared(ctx)
	no(err)
	all.Declared = texts(declared)
	all.Tasks, err = j.Tasks(ctx)
	no(err)
	all.Purchases, err = j.Purchases(ctx, time.Time{})
	no(err)
	all.Seen, err = j.Seen(ctx)
	no(err)
	out, err := json.MarshalIndent(all, "", "\t")
	no(err)
	return append(out, '\n')
}

func tellLedger(l *journal.Ledger) toldLedger {
	out := toldLedger{Plan: l.Plan, Declared: texts(l.Declared), Verifications: l.Verifications, Unacked: l.Unacknowledged()}
	for _, b := range l.Batches {
		one := toldBatch{Intent: b.Intent, Task: b.Task, Outcomes: b.Outcomes, Results: b.Results, State: b.State(), LastOutcome: b.Outcome()}
		for _, o := range b.Outcomes {
			one.Messages = append(one.Messages, []byte(o.Message))
		}
		for _, r := range b.Results {
			one.Messages = append(one.Messages, []byte(r.Message))
		}
		for _, s := range b.Intent.Steps {
			c, _ := b.Conclusion(s)
			one.Steps = append(one.Steps, toldStep{Step: []byte(s), State: b.Step(s), KnownAt: b.KnownAt(s), Conclusion: c})
		}
		out.Batches = append(out.Batches, one)
	}
	return out
}

// hostile are texts as a service may send them.
const (
	nul     = "a\x00b"
	noUTF8  = "\xff\xfe"
	strange = "\u2028<&>\x1b[31m'\"\\ Übergröße 漢字 \U0001f600"
)

// story makes three runs that leave one of everything. It returns a journal that
// is still open.
func story(ctx context.Context, t *testing.T, dir string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(ctx, dir, journal.Options{})
	no := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	no(err)
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	tick := func() time.Time { at = at.Add(time.Second); return at }
	no(j.Bind(ctx, "https://domain.example", ""))
	no(j.Bind(ctx, "https://domain.example", "1406926474064770"))
	no(j.Sight(ctx, []string{"z", "a", nul}, nil, tick()))
	for n, names := range [][]string{{"a.example", "b.example"}, {"a.example", "b.example"}, {}} {
		l, err := j.Begin(ctx, journal.Run{
			Kind: journal.Apply, Began: tick(), ConfigHash: "hash", PlanID: "plan-" + string(rune('a'+n)), Plan: []byte("{\"plan\":\"\x00\xff\"}"), Declared: names,
		})
		no(err)
		steps := []string{"b.example/renewal#order", "a.example/renewal#order", "c.example/" + noUTF8 + "#set"}
		in := func(purchases bool) journal.Intent {
			i := journal.Intent{
				Operation: "SaveBatchTask", Key: "Key&" + strange, Request: map[string]string{"DomainName.1": nul, "Lang": strange, "Bad": noUTF8},
				Steps: steps, Names: []string{"b.example", "a.example", "c.example"}, At: tick(),
			}
			for _, s := range steps[:2] {
				if purchases {
					i.Purchases = append(i.Purchases, journal.Purchase{
						Step: s, Domain: strings.Split(s, "/")[0], Kind: "renewal", Before: `{"expires":"2027-01-31"}`, Years: 2, Amount: 1234, Known: n == 1, Currency: "USD",
					})
				}
			}
			return i
		}
		b, err := l.Intend(ctx, []journal.Intent{in(true), in(false), in(false), in(true)})
		no(err)
		tasks := []string{"task-z", "task-y", "task-x"}
		no(l.Submit(ctx, journal.Submission{Batch: b[0].Batch, Task: tasks[n], RequestID: "r-" + strange, At: tick()}))
		no(l.Fail(ctx, journal.CallFailure{Batch: b[1].Batch, Kind: journal.CallUnknown, Code: "Busy", Message: noUTF8 + nul, RequestID: "r", At: tick()}))
		no(l.Fail(ctx, journal.CallFailure{Batch: b[1].Batch, Kind: journal.CallRefused, Code: "Bad", Message: strange, At: tick()}))
		no(l.Submit(ctx, journal.Submission{Batch: b[2].Batch, Task: tasks[n] + "-adopted", Adopted: true, At: tick()}))
		same := tick()
		details := []string{"d9", "d1", "d5"}
		var results []journal.Result
		for i, s := range steps {
			results = append(results, journal.Result{Batch: b[0].Batch, Detail: details[i] + tasks[n], Step: s, Success: i != 1, Message: noUTF8 + strange, RequestID: "r", At: same})
		}
		no(l.Settle(ctx, results[:2]))
		no(l.Settle(ctx, append(results, journal.Result{Batch: b[2].Batch, Detail: "other" + tasks[n], Success: true, At: tick()})))
		no(l.Acknowledge(ctx, []journal.Acknowledgement{{Detail: results[1].Detail, At: tick()}, {Detail: results[0].Detail, Note: "given up", At: tick()}}))
		no(l.Conclude(ctx, []journal.Conclusion{
			{Batch: b[2].Batch, Step: steps[1], Verdict: journal.FoundNothing, Reason: strange, At: tick()},
			{Batch: b[2].Batch, Step: steps[0], Verdict: journal.FoundNothing, Reason: noUTF8, At: tick()},
			{Batch: b[2].Batch, Step: steps[1], Verdict: journal.FoundDone, Reason: "it is live", At: tick()},
		}))
		no(l.Verify(ctx, []journal.Verification{{Change: "b.example/renewal", Verdict: "verified", At: tick()}, {Change: "a.example/renewal", Verdict: "differs", Note: strange, At: tick()}}))
		no(l.Mark(ctx, journal.Mark{Name: journal.Interrupted, At: tick()}))
		if n < 2 {
			no(l.Mark(ctx, journal.Mark{Name: journal.Ended, At: tick()}))
		}
		no(j.Sight(ctx, []string{"b"}, []string{"a"}, tick()))
		no(j.Sight(ctx, []string{"a"}, []string{"b", "z"}, tick()))
	}
	return j
}

// TestEarlierVersionsReadTheSame: journals that earlier versions left, one that was
// closed and one whose run was killed, tell what they told those versions.
func TestEarlierVersionsReadTheSame(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"version3", "version3-killed", "version5", "version5-killed"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, ending := range []string{"", "-wal"} {
				if data, err := os.ReadFile(filepath.Join("testdata", name+".db"+ending)); err == nil {
					if err := os.WriteFile(filepath.Join(dir, "journal.db"+ending), data, 0o600); err != nil {
						t.Fatal(err)
					}
				} else if ending == "" {
					t.Fatal(err)
				}
			}
			for _, when := range []string{"at first", "once more"} {
				if diff := cmp.Diff(string(want(t, name)), string(tell(t.Context(), t, dir))); diff != "" {
					t.Errorf("%s it tells (-before +now):\n%s", when, diff)
				}
			}
		})
	}
}

// TestJournalsTellTheSame: what a journal of this version tells is what the version
// before it told of the same runs. With -record it becomes an earlier version.
func TestJournalsTellTheSame(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := story(t.Context(), t, dir)
	keep(t, dir, "-killed", "", "-wal")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	keep(t, dir, "", "")
	now := tell(t.Context(), t, dir)
	if *record != "" {
		if err := os.WriteFile(filepath.Join("testdata", *record+".json"), now, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(want(t, "version5")), string(now)); diff != "" {
		t.Errorf("it tells (-before +now):\n%s", diff)
	}
}

// keep copies the files of a journal into testdata, where it is asked to.
func keep(t *testing.T, dir, name string, endings ...string) {
	t.Helper()
	for _, ending := range endings {
		if *record == "" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, "journal.db"+ending))
		if err == nil {
			err = os.WriteFile(filepath.Join("testdata", *record+name+".db"+ending), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// want is what a version told of the story. Version 3 told the results of a batch
// by the names of their details, and lost texts that are no UTF-8.
func want(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", strings.TrimSuffix(name, "-killed")+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
