package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/sqlite"
	"github.com/domainsync/domainsync/internal/clock"
)

// TestProcessesTellThatTheirFilesDiffer: once, from the sixth minute on, where people and
// programs look, until the other process is dead. That it goes by the same file is no news.
func TestProcessesTellThatTheirFilesDiffer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := server(t, nil)
		s.id = "this"
		var log sharedBuffer
		s.app.log = slog.New(slog.NewTextHandler(&log, nil))
		other := func(minutes int, file string) {
			for range 2 * minutes {
				if err := s.table.Attend(t.Context(), fleet.Process{ID: "other", Name: "zoe@machine", Version: "domainsync 9.9.9", File: file}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(fleet.AttendEvery)
			}
		}
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			s.attends(ctx)
			close(ended)
		}()
		differ := func(want bool) {
			t.Helper()
			synctest.Wait() // the other goroutine may be about to tell
			ready, told := httptest.NewRecorder(), httptest.NewRecorder()
			s.answerReady(ready, false)
			s.answerMetrics(told, httptest.NewRequest("GET", "/metrics", nil))
			if strings.Contains(ready.Body.String(), filesDifferShort) != want || strings.Contains(ready.Body.String(), "zoe") {
				t.Errorf("after %v /readyz says %s", s.app.clock.Now(), ready.Body)
			}
			if strings.Contains(told.Body.String(), "domainsync_fleet_files_differ 1\n") != want {
				t.Errorf("after %v metrics do not tell", s.app.clock.Now())
			}
		}
		other(10, s.runner.File().Digest())
		differ(false)
		other(4, "another")
		differ(false)
		other(6, "another")
		differ(true)
		if n := strings.Count(log.String(), "processes serve different files"); n != 1 || !strings.Contains(log.String(), "by zoe@machine (domainsync 9.9.9, since ") {
			t.Errorf("it was told %d times:\n%s", n, log.String())
		}
		time.Sleep(5 * time.Minute) // the other one is not heard of any more
		differ(false)
		if n := strings.Count(log.String(), "one file of the fleet again"); n != 1 {
			t.Errorf("that it is over was told %d times:\n%s", n, log.String())
		}
		end()
		<-ended
		s.leave(t.Context())
		if all, err := s.table.Attendance(t.Context()); err != nil || len(all.Live()) != 0 {
			t.Errorf("after its end there are %+v, %v", all, err)
		}
		if err := s.table.Close(); err != nil { // its goroutines are of this bubble
			t.Error(err)
		}
	})
}

// lateClock is the clock of this machine some time ago.
type lateClock struct {
	clock.Clock
	by *time.Duration
}

func (c lateClock) Now() time.Time { return c.Clock.Now().Add(-*c.by) }

// TestListOfJobsWarnsOfDifferingFiles by the clock of the table.
func TestListOfJobsWarnsOfDifferingFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ago := time.Hour
	table, err := sqlite.Create(t.Context(), filepath.Join(dir, "fleet"), clock.New(lateClock{by: &ago}))
	if err != nil {
		t.Fatal(err)
	}
	attend := func() {
		for _, p := range []fleet.Process{{ID: "1", Name: "ada@one", File: "aaaaaaaaaa"}, {ID: "2", Name: "zoe@two\x1b[2J", File: "bbbbbbbbbb"}} {
			if err := table.Attend(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
	}
	attend()
	list := []string{"jobs", "list", "--state", filepath.Join(dir, "fleet")}
	if ended := hereOver(t, nil, list...); ended.code != exitDone || strings.Contains(ended.stderr, "different files") {
		t.Errorf("of dead processes it says %s", ended.stderr)
	}
	ago = 0
	attend()
	ended := hereOver(t, nil, list...)
	if ended.code != exitDone || !strings.Contains(ended.stderr, "Warning: processes serve different files of the fleet: aaaaaaaa by ada@one") || strings.Contains(ended.stderr, "\x1b") {
		t.Errorf("it ends with %d and says %s", ended.code, ended.stderr)
	}
	if err := table.Close(); err != nil {
		t.Error(err)
	}
}

// TestALongWaitIsTold, and a short one is not.
func TestALongWaitIsTold(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]int{longWait / 2: 0, 3 * longWait: 1} {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(strings.NewReader(""), io.Discard, io.Discard)
			var log bytes.Buffer
			a.log = slog.New(slog.NewTextHandler(&log, nil))
			over := a.tellWait("the database is waited for", "state", "db")
			time.Sleep(wait)
			over()
			if n := strings.Count(log.String(), "the database is waited for"); n != want {
				t.Errorf("a wait of %v is told %d times, want %d", wait, n, want)
			}
		})
	}
}
