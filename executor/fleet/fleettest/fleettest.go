// Package fleettest holds what every table of jobs must do.
package fleettest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/internal/clock"
)

// Open opens the table of a place, which goes by a clock. Two that are opened at the same
// time are of the same place.
type Open func(t *testing.T, c clock.Clock) fleet.Table

// Run tests tables. Place makes one place for each test.
func Run(t *testing.T, place func(t *testing.T) Open) {
	t.Helper()
	for _, test := range []struct {
		name string
		run  func(*world)
	}{
		{"a job is due at its time and is taken once", dueOnce},
		{"a missed time is run once and late", missedOnce},
		{"what is due survives the process", survives},
		{"priority goes before time", priority},
		{"what is due is told in its order, one job of each account", inOrder},
		{"jobs of one account are not at work together", oneAccount},
		{"a dead holder's job is taken when its lease has ended", deadHolder},
		{"a job that kills its holders waits for its next time", poison},
		{"only runs that were lost count as lost", unlucky},
		{"a holder that lost its turn writes nothing", fenced},
		{"a lease that has ended is renewed unless the account was taken", renewedLate},
		{"a paused job is not due, and can be asked for", paused},
		{"a run that could not end is due again for the same time", again},
		{"a job that is not declared is not taken and keeps its history", undeclared},
		{"a new schedule counts from now, unless the job is due", rescheduled},
		{"a new schedule puts off no run that is owed", owed},
		{"lines of a run come back in their order", lines},
		{"the metrics of a job are those of its last run that has some", metrics},
		{"every act is recorded", acts},
		{"runs and acts are found by what they are", queries},
		{"a job that is not known is refused", unknown},
		{"a holder takes what it knows", knows},
		{"a holder takes the job that it asks for, or none", asksFor},
		{"many who take at once get each job once", many},
		{"what is old is forgotten, but for the last run", forgets},
		{"a session is known until its end", sessionUntil},
		{"a session that was ended is over for every process", sessionEnded},
		{"an ID begins one session", sessionOnce},
		{"a person has so many sessions at most", sessionsBounded},
		{"a process is known with its file", attends},
		{"processes with different files are told while they live", differ},
	} {
		t.Run(strings.ReplaceAll(test.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			test.run(newWorld(t, place(t)))
		})
	}
}

// world is a table with its time.
type world struct {
	*testing.T
	open  Open
	time  *HandClock
	table fleet.Table
	jobs  map[string]fleet.Schedule
}

// begin is when each test begins: noon.
var begin = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

const lease = 30 * time.Second

func newWorld(t *testing.T, open Open) *world {
	w := &world{T: t, open: open, time: NewHandClock(begin), jobs: make(map[string]fleet.Schedule)}
	w.reopen()
	return w
}

// reopen goes on with another process.
func (w *world) reopen() {
	w.table = w.open(w.T, clock.New(w.time))
	w.Cleanup(func() { w.check(w.table.Close()) })
}

func (w *world) check(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// job declares a job beside those that there are.
func (w *world) job(name, schedule string, more ...func(*fleet.Declaration)) fleet.Declaration {
	w.Helper()
	d := fleet.Declaration{Name: name, Account: name}
	if schedule != "" {
		s, err := fleet.ParseSchedule(schedule, "UTC")
		w.check(err)
		d.Schedule = s
	}
	for _, change := range more {
		change(&d)
	}
	w.jobs[name] = d.Schedule
	return d
}

func (w *world) declare(all ...fleet.Declaration) {
	w.Helper()
	w.check(w.table.Declare(w.Context(), "operator", all))
}

func (w *world) claim(holder string) fleet.Claim {
	return fleet.Claim{Holder: holder, Lease: lease, Schedule: func(name string) (fleet.Schedule, bool) {
		s, known := w.jobs[name]
		return s, known
	}}
}

// take takes a job; "": none is due.
func (w *world) take(want string) *fleet.Turn {
	w.Helper()
	due := w.due()
	turn, next, err := w.table.Take(w.Context(), w.claim("machine"))
	w.check(err)
	if turn != nil && (len(due) == 0 || due[0].Name != turn.Job || due[0].Fence >= turn.Fence) || turn == nil && len(due) > 0 {
		w.Errorf("due was %+v, and taken is %+v", due, turn)
	}
	got := ""
	if turn != nil {
		got = turn.Job
	}
	if got != want {
		w.Fatalf("took %q, want %q", got, want)
	}
	if turn == nil && !next.IsZero() && !next.After(w.time.Now()) {
		w.Errorf("nothing is due, and it is to be looked at again at %v, which is over", next)
	}
	return turn
}

// due returns what may be taken now.
func (w *world) due() []fleet.DueJob {
	w.Helper()
	due, next, err := w.table.Due(w.Context(), w.claim("machine"))
	w.check(err)
	if !next.IsZero() && !next.After(w.time.Now()) {
		w.Errorf("another job may become due at %v, which is over", next)
	}
	return due
}

func (w *world) end(t *fleet.Turn) {
	w.Helper()
	w.check(w.table.End(w.Context(), t, fleet.Outcome{}, time.Time{}))
}

func (w *world) entry(name string) fleet.Entry {
	w.Helper()
	all, err := w.table.Jobs(w.Context())
	w.check(err)
	for _, e := range all {
		if e.Name == name {
			return e
		}
	}
	w.Fatalf("there is no job %q in %v", name, all)
	return fleet.Entry{}
}

func metrics(w *world) {
	w.declare(w.job("a", "0 * * * *"), w.job("b", "0 0 1 1 *"))
	is := func(job, want string) {
		w.Helper()
		got, err := w.table.Metrics(w.Context(), job)
		w.check(err)
		if string(got) != want || job != "unknown" && string(w.entry(job).Metrics) != want {
			w.Errorf("the metrics of job %q are %q, want %q", job, got, want)
		}
	}
	is("a", "")
	for _, run := range []struct{ has, want string }{{"x 1\n", "x 1\n"}, {"", "x 1\n"}, {"x 2\n", "x 2\n"}} {
		w.time.Move(time.Hour)
		o := fleet.Outcome{}
		if run.has != "" {
			o.Metrics = []byte(run.has)
		}
		w.check(w.table.End(w.Context(), w.take("a"), o, time.Time{}))
		is("a", run.want)
	}
	is("b", "")
	is("unknown", "")
}

func dueOnce(w *world) {
	w.declare(w.job("a", "30 12 * * *"))
	w.take("")
	w.time.Move(30 * time.Minute)
	turn := w.take("a")
	if !turn.Due.Equal(begin.Add(30*time.Minute)) || turn.Late() != 0 || turn.Missed != 0 || turn.Attempt != 1 || turn.By != "" {
		w.Errorf("the turn is %+v", turn)
	}
	w.take("")
	if e := w.entry("a"); e.Turn == nil || e.Turn.Run != turn.Run || !e.Next.Equal(begin.Add(24*time.Hour+30*time.Minute)) {
		w.Errorf("the job is %+v", e)
	}
	w.end(turn)
	w.take("")
	if e := w.entry("a"); e.Turn != nil || e.Last == nil || e.Last.ID != turn.Run || !e.Last.Ended.Equal(w.time.Now()) {
		w.Errorf("the job is %+v", e)
	}
}

func missedOnce(w *world) {
	w.declare(w.job("a", "0 13 * * *"))
	w.time.Move(3*24*time.Hour + 2*time.Hour) // it is 14:00, three days later: four times are over
	turn := w.take("a")
	if !turn.Due.Equal(begin.Add(time.Hour)) || turn.Missed != 3 || turn.Late() != 3*24*time.Hour+time.Hour {
		w.Errorf("due %v, %d missed, late by %v", turn.Due, turn.Missed, turn.Late())
	}
	w.end(turn)
	w.take("")
}

func survives(w *world) {
	a := w.job("a", "0 13 * * *")
	w.declare(a)
	w.time.Move(2 * time.Hour)
	w.reopen()
	w.declare(a) // as each process does that begins
	if turn := w.take("a"); turn.Late() != time.Hour {
		w.Errorf("late by %v", turn.Late())
	}
}

func priority(w *world) {
	urgent := func(d *fleet.Declaration) { d.Priority = 5 }
	w.declare(w.job("early", "1 13 * * *"), w.job("later", "2 13 * * *"), w.job("urgent", "3 13 * * *", urgent), w.job("last", "0 0 * * *"))
	w.time.Move(2 * time.Hour)
	for _, want := range []string{"urgent", "early", "later", ""} {
		w.take(want)
	}
}

func inOrder(w *world) {
	shared := func(d *fleet.Declaration) { d.Account = "shared" }
	urgent := func(d *fleet.Declaration) { d.Account, d.Priority = "shared", 5 }
	w.declare(w.job("early", "1 13 * * *"), w.job("later", "2 13 * * *", shared), w.job("urgent", "3 13 * * *", urgent), w.job("last", "0 15 * * *"))
	w.time.Move(2 * time.Hour)
	at := func(minute int) time.Time { return begin.Add(time.Hour + time.Duration(minute)*time.Minute) }
	want := []fleet.DueJob{{Name: "urgent", Priority: 5, Since: at(3)}, {Name: "early", Since: at(1)}}
	if due := w.due(); !slices.EqualFunc(due, want, sameDue) {
		w.Errorf("due is %+v, want %+v", due, want)
	}
	if _, next, err := w.table.Due(w.Context(), w.claim("machine")); err != nil || !next.Equal(begin.Add(3*time.Hour)) {
		w.Errorf("the next one may become due at %v, %v", next, err)
	}
	turn := w.take("urgent")
	if due := w.due(); !slices.EqualFunc(due, want[1:], sameDue) {
		w.Errorf("due is %+v, want %+v", due, want[1:])
	}
	w.time.Move(lease)
	want[0].Fence = turn.Fence
	if due := w.due(); !slices.EqualFunc(due, want, sameDue) {
		w.Errorf("due is %+v, want %+v", due, want)
	}
}

func sameDue(x, y fleet.DueJob) bool {
	return x.Name == y.Name && x.Fence == y.Fence && x.Priority == y.Priority && x.Since.Equal(y.Since)
}

func oneAccount(w *world) {
	shared := func(d *fleet.Declaration) { d.Account = "shared" }
	w.declare(w.job("a", "0 13 * * *", shared), w.job("b", "0 13 * * *", shared), w.job("c", "0 13 * * *"))
	w.time.Move(time.Hour)
	a := w.take("a")
	c := w.take("c")
	w.take("")
	claim := w.claim("machine")
	claim.Job = "b"
	if turn, _, err := w.table.Take(w.Context(), claim); err != nil || turn != nil {
		w.Errorf("asked for b, took %+v, %v", turn, err)
	}
	w.declare(w.job("b", "0 13 * * *", shared), w.job("c", "0 13 * * *")) // a is at work all the same
	w.take("")
	w.end(a)
	w.end(c)
	w.take("b")
}

func deadHolder(w *world) {
	w.declare(w.job("a", "0 13 * * *"))
	w.time.Move(time.Hour)
	dead := w.take("a")
	w.time.Move(lease - time.Second)
	w.take("")
	w.check(w.table.Renew(w.Context(), dead, lease))
	w.time.Move(lease - time.Second)
	w.take("")
	w.time.Move(time.Second)
	turn := w.take("a")
	if turn.Lost != dead.Run || turn.Attempt != 2 || turn.Fence <= dead.Fence || !turn.Due.Equal(dead.Due) {
		w.Errorf("the turn after %+v is %+v", dead, turn)
	}
	runs, err := w.table.Runs(w.Context(), fleet.RunQuery{ID: dead.Run})
	w.check(err)
	if len(runs) != 1 || runs[0].Reason != fleet.ReasonLost || runs[0].Ended.IsZero() {
		w.Errorf("the lost run is %+v", runs)
	}
	found := w.time.Now()
	w.time.Move(time.Second)
	w.end(turn)
	w.take("")
	if e := w.entry("a"); !e.LostAt.Equal(found) {
		w.Errorf("a run was lost at %s, and the job says %s", found, e.LostAt)
	}
}

func poison(w *world) {
	w.declare(w.job("a", "0 13 * * *"))
	w.time.Move(time.Hour)
	for range fleet.MostLost {
		w.take("a")
		w.time.Move(lease)
	}
	w.take("")
	w.time.Move(24 * time.Hour)
	if turn := w.take("a"); turn.Lost == 0 {
		w.Errorf("the turn is %+v", turn)
	}
}

// unlucky has a job tried more than once before its holder dies: that is settled at once.
func unlucky(w *world) {
	w.declare(w.job("a", "0 13 * * *"))
	w.time.Move(time.Hour)
	for range fleet.MostLost {
		w.check(w.table.End(w.Context(), w.take("a"), fleet.Outcome{ExitCode: 6, Held: true}, w.time.Now()))
	}
	for range fleet.MostLost - 1 {
		w.take("a")
		w.time.Move(lease)
	}
	w.check(w.table.End(w.Context(), w.take("a"), fleet.Outcome{Unfinished: true}, w.time.Now()))
	for range fleet.MostLost {
		w.take("a")
		w.time.Move(lease)
	}
	w.take("")
}

func fenced(w *world) {
	w.declare(w.job("a", "0 13 * * *"))
	w.time.Move(time.Hour)
	old := w.take("a")
	w.time.Move(lease)
	now := w.take("a")
	for what, err := range map[string]error{
		"renew":  w.table.Renew(w.Context(), old, lease),
		"record": w.table.Record(w.Context(), old, [][]byte{[]byte("{}")}),
		"end":    w.table.End(w.Context(), old, fleet.Outcome{ExitCode: 4}, w.time.Now()),
	} {
		if lost, ok := errors.AsType[*fleet.LostError](err); !ok || lost.Job != "a" {
			w.Errorf("%s of a lost turn: %v", what, err)
		}
	}
	w.check(w.table.Renew(w.Context(), now, lease))
	w.end(now)
	if err := w.table.Renew(w.Context(), now, lease); err == nil {
		w.Error("a turn that has ended was renewed")
	}
}

func renewedLate(w *world) {
	shared := func(d *fleet.Declaration) { d.Account = "shared" }
	urgent := func(d *fleet.Declaration) { d.Priority = 5 }
	w.declare(w.job("a", "0 13 * * *", shared), w.job("b", "", shared, urgent))
	w.time.Move(time.Hour)
	slow := w.take("a")
	w.time.Move(2 * lease)
	w.check(w.table.Renew(w.Context(), slow, lease))
	w.do(fleet.DeedAsk, "b", "")
	w.take("")
	w.time.Move(lease)
	other := w.take("b")
	if lost, ok := errors.AsType[*fleet.LostError](w.table.Renew(w.Context(), slow, lease)); !ok || lost.Job != "a" {
		w.Error("two are at work on one account")
	}
	w.check(w.table.Renew(w.Context(), other, lease))
	w.end(other)
	w.end(slow) // how it ended is worth knowing
	w.take("")
}

func (w *world) do(deed fleet.Deed, job, detail string) {
	w.Helper()
	w.check(w.table.Do(w.Context(), fleet.Act{By: "ada", Deed: deed, Job: job, Detail: detail}))
}

func paused(w *world) {
	w.declare(w.job("a", "0 13 * * *"))
	w.do(fleet.DeedPause, "a", "maintenance")
	w.time.Move(time.Hour)
	w.take("")
	if e := w.entry("a"); e.Paused == nil || e.Paused.By != "ada" || e.Paused.Detail != "maintenance" || !e.Paused.At.Equal(begin) {
		w.Errorf("paused: %+v", e.Paused)
	}
	w.do(fleet.DeedAsk, "a", "")
	turn := w.take("a")
	if turn.By != "ada" || !turn.Due.Equal(w.time.Now()) {
		w.Errorf("the turn is %+v", turn)
	}
	w.do(fleet.DeedAsk, "a", "") // once more after this one
	w.end(turn)
	w.end(w.take("a"))
	w.take("")
	w.do(fleet.DeedResume, "a", "")
	if e := w.entry("a"); e.Paused != nil || e.Asked != nil {
		w.Errorf("the job is %+v", e)
	}
	w.time.Move(23 * time.Hour)
	w.take("")
	w.time.Move(time.Hour)
	w.take("a")
}

func again(w *world) {
	w.declare(w.job("a", "0 13 * * *"), w.job("manual", ""))
	w.time.Move(time.Hour)
	first := w.take("a")
	w.check(w.table.End(w.Context(), first, fleet.Outcome{ExitCode: 6, Held: true}, w.time.Now().Add(time.Minute)))
	w.take("")
	w.time.Move(time.Minute)
	second := w.take("a")
	if second.Attempt != 2 || !second.Due.Equal(first.Due) || second.Lost != 0 {
		w.Errorf("the turn after %+v is %+v", first, second)
	}
	w.end(second)
	w.take("")
	if e := w.entry("a"); !e.Next.Equal(begin.Add(25 * time.Hour)) {
		w.Errorf("next is %v", e.Next)
	}
	w.do(fleet.DeedAsk, "manual", "")
	asked := w.take("manual")
	w.check(w.table.End(w.Context(), asked, fleet.Outcome{Unfinished: true}, w.time.Now()))
	if turn := w.take("manual"); turn.Attempt != 2 || !turn.Due.Equal(asked.Due) {
		w.Errorf("the turn after %+v is %+v", asked, turn)
	}
}

func undeclared(w *world) {
	a, b := w.job("a", "0 13 * * *"), w.job("b", "0 13 * * *")
	w.declare(a, b)
	w.time.Move(time.Hour)
	turn := w.take("a")
	w.declare(b)
	w.take("b")
	w.check(w.table.Renew(w.Context(), turn, lease)) // it goes on
	w.check(w.table.End(w.Context(), turn, fleet.Outcome{}, w.time.Now()))
	w.take("")
	if all, err := w.table.Jobs(w.Context()); err != nil || len(all) != 1 {
		w.Errorf("the fleet has %v, %v", all, err)
	}
	if runs, err := w.table.Runs(w.Context(), fleet.RunQuery{Job: "a"}); err != nil || len(runs) != 1 {
		w.Errorf("a had %v, %v", runs, err)
	}
	w.declare(a, b)
	w.take("")
	if e := w.entry("a"); !e.Next.Equal(begin.Add(25*time.Hour)) || e.Last == nil {
		w.Errorf("a is %+v", e)
	}
}

func rescheduled(w *world) {
	w.declare(w.job("a", "0 13 * * *"), w.job("b", "0 13 * * *"))
	w.declare(w.job("a", "0 15 * * *"), w.job("b", "0 13 * * *"))
	if e := w.entry("a"); !e.Next.Equal(begin.Add(3 * time.Hour)) {
		w.Errorf("next is %v", e.Next)
	}
	w.time.Move(2 * time.Hour)
	w.declare(w.job("a", "0 16 * * *"), w.job("b", "0 16 * * *")) // b is due, and is not forgotten
	if turn := w.take("b"); !turn.Due.Equal(begin.Add(time.Hour)) {
		w.Errorf("the turn is %+v", turn)
	}
	w.take("")
	for _, name := range []string{"a", "b"} {
		if e := w.entry(name); !e.Next.Equal(begin.Add(4 * time.Hour)) {
			w.Errorf("next of %s is %v", name, e.Next)
		}
	}
}

func owed(w *world) {
	w.declare(w.job("late", "0 13 * * *"), w.job("never", "0 13 * * *"), w.job("soon", "0 13 * * *"))
	w.time.Move(time.Hour)
	for _, name := range []string{"late", "never", "soon"} {
		w.check(w.table.End(w.Context(), w.take(name), fleet.Outcome{Unfinished: true}, w.time.Now().Add(30*time.Minute)))
	}
	w.declare(w.job("late", "0 16 * * *"), w.job("never", ""), w.job("soon", "10 13 * * *"))
	w.take("")
	w.time.Move(10 * time.Minute)
	turn := w.take("soon")
	w.end(turn)
	if w.take(""); turn.Attempt != 2 || !turn.Due.Equal(begin.Add(time.Hour)) {
		w.Errorf("the turn is %+v", turn)
	}
	w.time.Move(20 * time.Minute)
	for _, name := range []string{"late", "never"} {
		turn := w.take(name)
		if w.end(turn); turn.Attempt != 2 || !turn.Due.Equal(begin.Add(time.Hour)) {
			w.Errorf("the turn is %+v", turn)
		}
	}
	w.take("")
	if e := w.entry("never"); !e.Next.IsZero() {
		w.Errorf("next is %v", e.Next)
	}
}

func lines(w *world) {
	w.declare(w.job("a", ""))
	w.do(fleet.DeedAsk, "a", "")
	turn := w.take("a")
	var want []string
	for i := range 5 {
		line := fmt.Sprintf(`{"n":%d,"text":"%s"}`, i, strings.Repeat("ü\x00", i))
		want = append(want, line)
		w.check(w.table.Record(w.Context(), turn, [][]byte{[]byte(line)}))
	}
	more := [][]byte{[]byte("x"), []byte("y")}
	w.check(w.table.Record(w.Context(), turn, more))
	w.check(w.table.Record(w.Context(), turn, nil))
	want = append(want, "x", "y")
	for after := range int64(len(want)) + 1 {
		all, err := w.table.Lines(w.Context(), turn.Run, after)
		w.check(err)
		var got []string
		for i, l := range all {
			if got = append(got, string(l.Data)); l.Number != after+int64(i)+1 {
				w.Errorf("line %d is %d", i, l.Number)
			}
		}
		if !slices.Equal(got, want[after:]) {
			w.Errorf("after %d: %q", after, got)
		}
	}
	w.end(turn)
}

func acts(w *world) {
	w.declare(w.job("a", "0 13 * * *"), w.job("b", ""))
	w.declare(w.job("a", "0 13 * * *"), w.job("b", "")) // nothing has changed
	w.do(fleet.DeedPause, "b", "why")
	w.do(fleet.DeedServe, "", "")
	w.time.Move(time.Hour)
	turn := w.take("a")
	w.check(w.table.End(w.Context(), turn, fleet.Outcome{ExitCode: 4, Reason: "failed"}, time.Time{}))
	w.declare(w.job("a", "0 14 * * *"))
	all, err := w.table.Acts(w.Context(), fleet.ActQuery{})
	w.check(err)
	var got []string
	for _, x := range all {
		got = append(got, fmt.Sprintf("%s %s %s %s %d %s", x.At.Format("15:04"), x.By, x.Deed, x.Job, x.Run, x.Detail))
	}
	want := []string{
		"13:00 operator declare  0 -b ~a", "13:00 machine end a 1 exit 4: failed", "13:00 machine begin a 1 on schedule",
		"12:00 ada serve  0 ", "12:00 ada pause b 0 why", "12:00 operator declare  0 +a +b",
	}
	if !slices.Equal(got, want) {
		w.Errorf("acts are %q, want %q", got, want)
	}
	if of, err := w.table.Acts(w.Context(), fleet.ActQuery{Job: "a", Limit: 1}); err != nil || len(of) != 1 || of[0].Deed != fleet.DeedEnd {
		w.Errorf("the last act of a: %v, %v", of, err)
	}
}

func queries(w *world) {
	w.declare(w.job("a", "0 13 * * *"), w.job("b", ""))
	w.do(fleet.DeedPause, "b", "")
	w.do(fleet.DeedResume, "b", "")
	var runs []int64
	for _, code := range []int{0, 4, 0, 2} {
		w.time.Move(24 * time.Hour)
		turn := w.take("a")
		w.check(w.table.End(w.Context(), turn, fleet.Outcome{ExitCode: code}, time.Time{}))
		runs = append(runs, turn.Run)
	}
	w.time.Move(24 * time.Hour)
	runs = append(runs, w.take("a").Run) // it has not ended
	for _, test := range []struct {
		query fleet.RunQuery
		want  []int64
	}{
		{fleet.RunQuery{Limit: 2}, []int64{runs[4], runs[3]}},
		{fleet.RunQuery{Before: runs[3], Limit: 2}, []int64{runs[2], runs[1]}},
		{fleet.RunQuery{Before: runs[0]}, nil},
		{fleet.RunQuery{Failed: true}, []int64{runs[3], runs[1]}},
		{fleet.RunQuery{Failed: true, Job: "a", Before: runs[3]}, []int64{runs[1]}},
		{fleet.RunQuery{Failed: true, Job: "b"}, nil},
	} {
		found, err := w.table.Runs(w.Context(), test.query)
		w.check(err)
		var got []int64
		for i := range found {
			got = append(got, found[i].ID)
		}
		if !slices.Equal(got, test.want) {
			w.Errorf("%+v finds %v, want %v", test.query, got, test.want)
		}
	}
	all, err := w.table.Acts(w.Context(), fleet.ActQuery{By: "ada"})
	w.check(err)
	if len(all) != 2 || all[0].Deed != fleet.DeedResume || all[1].Deed != fleet.DeedPause {
		w.Fatalf("the acts of ada are %+v", all)
	}
	for _, q := range []fleet.ActQuery{{Deed: fleet.DeedPause}, {Job: "b", Before: all[0].ID}, {By: "ada", Deed: fleet.DeedPause, Job: "b", Limit: 5}} {
		if found, err := w.table.Acts(w.Context(), q); err != nil || len(found) != 1 || found[0].ID != all[1].ID {
			w.Errorf("%+v finds %+v, %v", q, found, err)
		}
	}
}

func unknown(w *world) {
	w.declare(w.job("a", ""), w.job("b", ""))
	w.declare(w.job("b", ""))
	for _, deed := range []fleet.Deed{fleet.DeedAsk, fleet.DeedPause, fleet.DeedResume} {
		err := w.table.Do(w.Context(), fleet.Act{By: "ada", Deed: deed, Job: "a"})
		if e, ok := errors.AsType[*fleet.NoJobError](err); !ok || !slices.Equal(e.Have, []string{"b"}) {
			w.Errorf("%s: %v", deed, err)
		}
	}
	if all, err := w.table.Acts(w.Context(), fleet.ActQuery{Job: "a"}); err != nil || len(all) != 0 {
		w.Errorf("what was not done is recorded: %v, %v", all, err)
	}
}

func knows(w *world) {
	w.declare(w.job("a", "0 13 * * *"), w.job("b", "0 14 * * *"))
	delete(w.jobs, "a")
	w.time.Move(time.Hour)
	w.take("")
	w.time.Move(time.Hour)
	w.take("b")
}

func asksFor(w *world) {
	urgent := func(d *fleet.Declaration) { d.Priority = 5 }
	w.declare(w.job("a", "0 13 * * *"), w.job("b", "0 13 * * *", urgent), w.job("c", "0 14 * * *"))
	w.time.Move(time.Hour)
	for _, job := range []string{"c", "a", "a", "b"} {
		claim := w.claim("machine")
		claim.Job = job
		turn, next, err := w.table.Take(w.Context(), claim)
		w.check(err)
		switch due := job != "c" && w.entry(job).Last == nil; {
		case due && (turn == nil || turn.Job != job):
			w.Fatalf("asked for %s, took %+v", job, turn)
		case due:
			w.end(turn)
		case turn != nil || next.IsZero():
			w.Errorf("asked for %s, took %+v, next %s", job, turn, next)
		}
	}
}

func many(w *world) {
	const jobs, holders = 20, 4
	var all []fleet.Declaration
	for i := range jobs {
		all = append(all, w.job(fmt.Sprintf("job%02d", i), "0 13 * * *"))
	}
	w.declare(all...)
	w.time.Move(time.Hour)
	taken := make(chan string, jobs*2)
	var group sync.WaitGroup
	for i := range holders {
		table := w.open(w.T, clock.New(w.time))
		group.Go(func() {
			defer table.Close() //nolint:errcheck // what it has taken counts
			for {
				turn, _, err := table.Take(w.Context(), w.claim(fmt.Sprint(i)))
				if err != nil {
					w.Error(err)
					return
				}
				if turn == nil {
					return
				}
				taken <- turn.Job
			}
		})
	}
	group.Wait()
	close(taken)
	got := make(map[string]int)
	for name := range taken {
		got[name]++
	}
	for _, d := range all {
		if got[d.Name] != 1 {
			w.Errorf("%s was taken %d times", d.Name, got[d.Name])
		}
	}
}

func forgets(w *world) {
	w.declare(w.job("a", "0 13 * * *"), w.job("b", ""))
	w.do(fleet.DeedPause, "b", "for long")
	var last int64
	for range 3 {
		w.time.Move(24 * time.Hour)
		turn := w.take("a")
		w.check(w.table.Record(w.Context(), turn, [][]byte{[]byte("{}")}))
		w.end(turn)
		last = turn.Run
	}
	w.time.Move(24 * 365 * time.Hour)
	w.forgetsOneByOne(last)
	now := w.time.Now()
	w.check(w.table.Forget(w.Context(), fleet.Cutoffs{Lines: now, Runs: now, Acts: now}))
	runs, err := w.table.Runs(w.Context(), fleet.RunQuery{})
	w.check(err)
	if len(runs) != 1 || runs[0].ID != last {
		w.Errorf("runs are %v", runs)
	}
	if all, err := w.table.Lines(w.Context(), last, 0); err != nil || len(all) != 0 {
		w.Errorf("lines are %v, %v", all, err)
	}
	if e := w.entry("b"); e.Paused == nil || e.Paused.Detail != "for long" {
		w.Errorf("b is %+v", e)
	}
}

// forgetsOneByOne forgets lines, runs or acts alone: nothing else goes with them.
func (w *world) forgetsOneByOne(last int64) {
	count := func() (lines, runs, acts int) {
		told, err := w.table.Lines(w.Context(), last, 0)
		w.check(err)
		all, err := w.table.Runs(w.Context(), fleet.RunQuery{})
		w.check(err)
		done, err := w.table.Acts(w.Context(), fleet.ActQuery{})
		w.check(err)
		return len(told), len(all), len(done)
	}
	now := w.time.Now()
	_, _, before := count()
	for _, step := range []struct {
		cut   fleet.Cutoffs
		lines int
		runs  int
		acts  int
	}{
		{fleet.Cutoffs{}, 1, 3, before},
		{fleet.Cutoffs{Lines: now}, 0, 3, before},
		{fleet.Cutoffs{Runs: now}, 0, 1, before},
		{fleet.Cutoffs{Acts: now}, 0, 1, 1}, // that b is paused
	} {
		w.check(w.table.Forget(w.Context(), step.cut))
		if lines, runs, acts := count(); lines != step.lines || runs != step.runs || acts != step.acts {
			w.Errorf("after %+v there are %d lines, %d runs, %d acts; want %d, %d, %d", step.cut, lines, runs, acts, step.lines, step.runs, step.acts)
		}
	}
}
