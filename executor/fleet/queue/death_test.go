package queue_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/queue"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
)

// victim is the environment variable that has a process run jobs in a database until
// another one kills it.
const victim = "QUEUE_TEST_VICTIM"

// TestVictim is what [TestDeath] kills.
func TestVictim(t *testing.T) {
	t.Parallel()
	database := os.Getenv(victim)
	if database == "" {
		t.Skip("another test runs it in a process of its own")
	}
	w := newWorld(t, database)
	w.start(file("a"), func(ctx context.Context, _ fleet.Work) {
		fmt.Println("a run has begun")
		<-ctx.Done()
		fmt.Printf("it ends: %v\n", context.Cause(ctx))
	}, func(p *process, _ *queue.Options) { p.runner.Holder = "victim" })
	select {} // until it is killed
}

// startVictim starts it, and returns when it has said that a run has begun.
func startVictim(w *world) (cmd *exec.Cmd, says *bufio.Reader) {
	w.Helper()
	cmd = exec.CommandContext(w.Context(), os.Args[0], "-test.run=^TestVictim$")
	cmd.Env = append(os.Environ(), victim+"="+w.database)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it is dead where all went well
		cmd.Wait()         //nolint:errcheck // it was killed
	})
	says = bufio.NewReader(out)
	hear(w, says, "a run has begun")
	return cmd, says
}

// hear reads until a line has a text.
func hear(w *world, says *bufio.Reader, text string) {
	w.Helper()
	for {
		line, err := says.ReadString('\n')
		if strings.Contains(line, text) {
			return
		}
		if err != nil {
			rest, _ := io.ReadAll(says)
			w.Fatalf("it does not say %q, but %q, %v", text, line+string(rest), err)
		}
	}
}

// TestDeath ends and stops processes, connections and the server.
func TestDeath(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	for name, test := range map[string]func(*world){
		"a process that is killed is replaced":        killed,
		"a process that stands still is replaced":     stopped,
		"connections that are cut harm nothing":       cut,
		"runs that are stopped at once are run again": stoppedAtOnce,
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, c.Database(t)))
		})
	}
	t.Run("a-server-that-dies-comes-back", func(t *testing.T) {
		t.Parallel()
		serverDies(t)
	})
}

// asked has a victim begin the run of a job.
func asked(w *world) (cmd *exec.Cmd, says *bufio.Reader) {
	w.Helper()
	p := w.start(file("a"), nil, nil)
	p.ask("a") // before anybody else is there, it would take it: so the victim is first
	p.idle()
	p.leave()
	table := w.table()
	if err := table.Do(w.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: "a"}); err != nil {
		w.Fatal(err)
	}
	if err := table.Close(); err != nil {
		w.Fatal(err)
	}
	return startVictim(w)
}

// replaced holds that another process has run the job soon after the end of the lease.
func (p *process) replaced(since time.Time) {
	p.Helper()
	p.idle()
	all, err := p.table.Runs(p.Context(), fleet.RunQuery{Limit: 2})
	if err != nil || len(all) != 2 || all[1].Reason != fleet.ReasonLost || all[1].Holder != "victim" || all[0].ExitCode != 0 || all[0].Attempt != 2 {
		p.Fatalf("runs are %+v, %v", all, err)
	}
	if took := all[0].Began.Sub(since); took > 30*time.Second {
		p.Errorf("it took %s until the other one began", took)
	}
}

func killed(w *world) {
	cmd, _ := asked(w)
	if err := cmd.Process.Kill(); err != nil {
		w.Fatal(err)
	}
	since := time.Now()
	p := w.start(file("a"), nil, nil)
	p.replaced(since)
	w.until("the ticket of the dead is released", func() bool { return w.count(tickets, "running") == 0 })
}

func stopped(w *world) {
	cmd, says := asked(w)
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		w.Fatal(err)
	}
	since := time.Now()
	p := w.start(file("a"), nil, nil)
	p.replaced(since)
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		w.Fatal(err)
	}
	hear(w, says, `it ends: the turn of job "a" was taken`)
	p.idle()
	all, err := p.table.Runs(p.Context(), fleet.RunQuery{Limit: 1})
	if err != nil || all[0].ExitCode != 0 {
		w.Errorf("what the stopped one says at last counts: %+v, %v", all, err)
	}
}

func cut(w *world) {
	names := make([]string, 20)
	for i := range names {
		names[i] = fmt.Sprintf("job%02d", i)
	}
	f := file(names...)
	p := w.start(f, nil, nil)
	other := w.start(f, nil, nil)
	for _, name := range names {
		w.until(name+" is asked for", func() bool {
			return p.table.Do(w.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: name}) == nil
		})
		w.execute(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	}
	p.idle()
	other.leave()
	got := slices.Compact(slices.Sorted(slices.Values(w.runs())))
	if !slices.Equal(got, names) {
		w.Errorf("run were %q", got)
	}
}

func stoppedAtOnce(w *world) {
	f := file("a")
	begun := make(chan struct{}, 1)
	p := w.start(f, func(ctx context.Context, work fleet.Work) {
		if work.Turn.Attempt == 1 {
			begun <- struct{}{}
			<-ctx.Done()
		}
	}, nil)
	p.ask("a")
	<-begun
	p.hard()
	if err := <-p.ended; err == nil {
		w.Error("it ends as if nothing had been stopped")
	}
	close(p.stop) // so that nothing waits for it any more
	if n := w.count(tickets, "running"); n != 0 {
		w.Errorf("%d tickets are told to be at work", n)
	}
	if err := p.queue.Close(); err != nil {
		w.Error(err)
	}
}

func serverDies(t *testing.T) {
	c := pgtest.Start(t)
	w := newWorld(t, c.Database(t))
	f := file("a", "b")
	p := w.start(f, nil, nil)
	p.ask("a")
	p.idle()
	c.End(syscall.SIGQUIT)
	w.until("the look fails", func() bool { _, err := p.runner.Looked(); return err != nil })
	c.Begin()
	w.until("the look succeeds", func() bool { _, err := p.runner.Looked(); return err == nil })
	p.ask("b")
	p.idle()
	if got := w.runs(); !slices.Contains(got, "b") {
		w.Errorf("begun were %q", got)
	}
}
