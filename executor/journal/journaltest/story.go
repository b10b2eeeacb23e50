package journaltest

import (
	"context"
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal"
)

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

// Tell reads all that a journal tells, as JSON.
func Tell(t *testing.T, j *journal.Journal) string {
	t.Helper()
	ctx := t.Context()
	var all told
	var err error
	all.Endpoint, all.Account, err = j.Binding(ctx)
	check(t, err)
	all.Runs = must[[]journal.Run](t)(j.Runs(ctx))
	for _, r := range all.Runs {
		all.Ledgers = append(all.Ledgers, tellLedger(must[*journal.Ledger](t)(j.Ledger(ctx, r.ID))))
	}
	all.Declared = texts(must[[]string](t)(j.LastDeclared(ctx)))
	all.Tasks = must[map[string]string](t)(j.Tasks(ctx))
	all.Purchases = must[[]journal.Purchase](t)(j.Purchases(ctx, time.Time{}, nil))
	all.Seen = must[map[string]time.Time](t)(j.Seen(ctx))
	return string(must[[]byte](t)(json.MarshalIndent(all, "", "\t"))) + "\n"
}

func tellLedger(l *journal.Ledger) toldLedger {
	out := toldLedger{Plan: l.Plan, Declared: texts(l.Declared), Verifications: l.Verifications, Unacked: l.Unacknowledged()}
	for _, b := range l.Batches {
		one := toldBatch{Intent: b.Intent, Task: b.Task, Outcomes: b.Outcomes, Results: slices.Collect(b.Results()), State: b.State(), LastOutcome: b.Outcome()}
		for _, o := range b.Outcomes {
			one.Messages = append(one.Messages, []byte(o.Message))
		}
		for r := range b.Results() {
			one.Messages = append(one.Messages, []byte(r.Message))
		}
		for _, s := range b.Steps {
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

// teller makes what Story records.
type teller struct {
	t  *testing.T
	at time.Time
}

// tick is a second later each time.
func (s *teller) tick() time.Time {
	s.at = s.at.Add(time.Second)
	return s.at
}

// Story makes three runs in a journal that leave one of everything.
func Story(t *testing.T, j *journal.Journal) {
	t.Helper()
	ctx, s := t.Context(), &teller{t, time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	check(t, j.Bind(ctx, endpoint, ""))
	check(t, j.Bind(ctx, endpoint, account))
	check(t, j.Sight(ctx, []string{"z", "a", nul}, nil, s.tick()))
	for n, names := range [][]string{{"a.example", "b.example"}, {"a.example", "b.example"}, {}} {
		l := must[*journal.Ledger](t)(j.Begin(ctx, journal.Run{
			Kind: journal.Apply, Began: s.tick(), ConfigHash: "hash", PlanID: "plan-" + string(rune('a'+n)), Plan: []byte("{\"plan\":\"\x00\xff\"}"), Declared: names,
		}))
		s.batches(ctx, l, n)
		check(t, l.Mark(ctx, journal.Mark{Name: journal.Interrupted, At: s.tick()}))
		if n < 2 {
			check(t, l.Mark(ctx, journal.Mark{Name: journal.Ended, At: s.tick()}))
		}
		check(t, j.Sight(ctx, []string{"b"}, []string{"a"}, s.tick()))
		check(t, j.Sight(ctx, []string{"a"}, []string{"b", "z"}, s.tick()))
	}
}

// steps are those of every batch of the story.
var steps = []string{"b.example/renewal#order", "a.example/renewal#order", "c.example/" + noUTF8 + "#set"}

func (s *teller) intent(n int, orders bool) journal.Intent {
	i := journal.Intent{
		Operation: "SaveBatchTask", Key: "Key&" + strange, Request: map[string]string{"DomainName.1": nul, "Lang": strange, "Bad": noUTF8},
		Steps: steps, Names: []string{"b.example", "a.example", "c.example"}, At: s.tick(),
	}
	for _, step := range steps[:2] {
		change, _, _ := strings.Cut(step, "#")
		domain, kind, _ := strings.Cut(change, "/")
		if orders {
			i.Purchases = append(i.Purchases, journal.Purchase{
				Step: step, Domain: domain, Kind: kind, Before: `{"expires":"2027-01-31"}`, Years: 2, Amount: 1234, Known: n == 1, Currency: "USD",
			})
		}
	}
	return i
}

// batches records four batches of a run: one with results, one that was refused,
// one that was found again, and one of which nothing is known.
func (s *teller) batches(ctx context.Context, l *journal.Ledger, n int) {
	t := s.t
	t.Helper()
	task := []string{"task-z", "task-y", "task-x"}[n]
	b := must[[]*journal.Batch](t)(l.Intend(ctx, []journal.Intent{s.intent(n, true), s.intent(n, false), s.intent(n, false), s.intent(n, true)}))
	check(t, l.Submit(ctx, journal.Submission{Batch: b[0].Batch, Task: task, RequestID: "r-" + strange, At: s.tick()}))
	check(t, l.Fail(ctx, journal.CallFailure{Batch: b[1].Batch, Kind: journal.CallUnknown, Code: "Busy", Message: noUTF8 + nul, RequestID: "r", At: s.tick()}))
	check(t, l.Fail(ctx, journal.CallFailure{Batch: b[1].Batch, Kind: journal.CallRefused, Code: "Bad", Message: strange, At: s.tick()}))
	check(t, l.Submit(ctx, journal.Submission{Batch: b[2].Batch, Task: task + "-adopted", Adopted: true, At: s.tick()}))
	var results []journal.Result
	same := s.tick()
	for i, step := range steps {
		results = append(results, journal.Result{
			Batch: b[0].Batch, Detail: []string{"d9", "d1", "d5"}[i] + task, Step: step, Success: i != 1, Message: noUTF8 + strange, RequestID: "r", At: same,
		})
	}
	check(t, l.Settle(ctx, results[:2]))
	check(t, l.Settle(ctx, append(results, journal.Result{Batch: b[2].Batch, Detail: "other" + task, Success: true, At: s.tick()})))
	check(t, l.Acknowledge(ctx, []journal.Acknowledgement{{Detail: results[1].Detail, At: s.tick()}, {Detail: results[0].Detail, Note: "given up", At: s.tick()}}))
	check(t, l.Conclude(ctx, []journal.Conclusion{
		{Batch: b[2].Batch, Step: steps[1], Verdict: journal.FoundNothing, Reason: strange, At: s.tick()},
		{Batch: b[2].Batch, Step: steps[0], Verdict: journal.FoundNothing, Reason: noUTF8, At: s.tick()},
		{Batch: b[2].Batch, Step: steps[1], Verdict: journal.FoundDone, Reason: "it is live", At: s.tick()},
	}))
	check(t, l.Verify(ctx, []journal.Verification{
		{Change: "b.example/renewal", Verdict: "verified", At: s.tick()}, {Change: "a.example/renewal", Verdict: "differs", Note: strange, At: s.tick()},
	}))
}

// Told is what a journal tells of the story.
//
//go:embed testdata/story.json
var Told string

// testStory: a journal tells what was recorded, whatever texts it holds, and the
// same from any store and in any version.
func testStory(t *testing.T, k Kind) {
	place := k.New(t)
	j := k.journal(t, place, journal.Options{})
	Story(t, j)
	check(t, j.Close())
	j = k.journal(t, place, journal.Options{ReadOnly: true})
	if diff := cmp.Diff(Told, Tell(t, j)); diff != "" {
		t.Errorf("it tells (-before +now):\n%s", diff)
	}
	check(t, j.Close())
}
