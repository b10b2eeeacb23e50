package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestAChangedFileTakesEffect: one that is linked as in a volume of Kubernetes. What is being
// written, has mistakes or is gone leaves the former one in force, and is told once.
func TestAChangedFileTakesEffect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir, s, generation := t.TempDir(), server(t, nil), 0
		var log bytes.Buffer
		s.app.log = slog.New(slog.NewTextHandler(&log, nil))
		s.path = filepath.Join(dir, "fleet.hcl")
		swap := func(text string) { // as a kubelet does
			generation++
			name := fmt.Sprintf("..%d", generation)
			if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
				t.Fatal(err)
			}
			writeText(t, filepath.Join(dir, name, "fleet.hcl"), text)
			next := filepath.Join(dir, "..next")
			if err := os.Symlink(name, next); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(next, filepath.Join(dir, "..data")); err != nil {
				t.Fatal(err)
			}
		}
		job := func(name string) string { return fmt.Sprintf("job %q {\n  dir = %q\n}\n", name, dir) }
		swap(job("one"))
		if err := os.Symlink("..data/fleet.hcl", s.path); err != nil {
			t.Fatal(err)
		}
		s.watch = watchFile(s.path)
		s.reload(t.Context())
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			s.reloads(ctx)
			close(ended)
		}()
		holds := func(name string, wrong bool) {
			t.Helper()
			time.Sleep(2*watchEvery + time.Second)
			synctest.Wait()
			if jobs := s.runner.File().Jobs; len(jobs) != 1 || jobs[0].Name != name || (s.brokenFile() != "") != wrong {
				t.Errorf("jobs are %+v, and wrong is %q; want %s", jobs, s.brokenFile(), name)
			}
		}
		holds("one", false)
		swap(job("two"))
		holds("two", false)
		swap("job \"three\" {\n")
		holds("two", true)
		holds("two", true)
		if n := strings.Count(log.String(), "is refused, and the former one stays"); n != 1 {
			t.Errorf("the mistake was told %d times:\n%s", n, log.String())
		}
		for i := range 10 { // never twice the same
			writeText(t, filepath.Join(dir, "..data", "fleet.hcl"), job(fmt.Sprintf("part%d", i)))
			time.Sleep(watchEvery)
		}
		if jobs := s.runner.File().Jobs; jobs[0].Name != "two" {
			t.Errorf("a file that is being written is in force: %+v", jobs)
		}
		holds("part9", false)
		if err := os.Remove(filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
		holds("part9", true)
		swap(job("part9"))
		holds("part9", false)
		end()
		<-ended
		if err := s.table.Close(); err != nil { // its goroutines are of this bubble
			t.Error(err)
		}
	})
}
