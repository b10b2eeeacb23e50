package fleettest

import (
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
)

// attend says that a process goes by a file.
func (w *world) attend(id, file string) {
	w.Helper()
	w.check(w.table.Attend(w.Context(), fleet.Process{ID: id, Name: "ada@" + id, Version: "domainsync 1.2.0", File: file}))
}

// attendance is what the table knows of processes.
func (w *world) attendance() fleet.Attendance {
	w.Helper()
	a, err := w.table.Attendance(w.Context())
	w.check(err)
	return a
}

// attends has a process take another file: it counts from then on.
func attends(w *world) {
	w.attend("a", "one")
	w.time.Move(time.Minute)
	w.reopen()
	w.attend("a", "one")
	want := fleet.Process{ID: "a", Name: "ada@a", Version: "domainsync 1.2.0", File: "one", Since: begin, Seen: begin.Add(time.Minute)}
	if a := w.attendance(); len(a.Processes) != 1 || a.Processes[0] != want || !a.Now.Equal(w.time.Now()) {
		w.Fatalf("it is %+v, want %+v", a, want)
	}
	w.time.Move(time.Minute)
	w.attend("a", "two")
	if p := w.attendance().Processes[0]; p.File != "two" || !p.Since.Equal(w.time.Now()) || !p.Seen.Equal(w.time.Now()) {
		w.Fatalf("with another file it is %+v", p)
	}
	w.attend("b", "two")
	w.check(w.table.Leave(w.Context(), "a"))
	w.check(w.table.Leave(w.Context(), "a")) // there is none, and nothing to say
	if all := w.attendance().Processes; len(all) != 1 || all[0].ID != "b" {
		w.Fatalf("after one has left there are %+v", all)
	}
	w.time.Move(fleet.ForgottenAfter + time.Second)
	w.attend("c", "two")
	if all := w.attendance().Processes; len(all) != 1 || all[0].ID != "c" {
		w.Fatalf("a day later there are %+v", all)
	}
}

// differ has two processes go by different files for a while, until one of them dies.
func differ(w *world) {
	told := func(want bool) {
		w.Helper()
		a := w.attendance()
		if text := a.FilesDiffer(); (text != "") != want || want && !strings.Contains(text, "two by ada@b") {
			w.Fatalf("after %v it is told: %q", w.time.Now().Sub(begin), text)
		}
	}
	for minute := range 8 {
		w.attend("a", "one")
		w.attend("b", "two")
		told(minute >= 5)
		w.time.Move(time.Minute)
	}
	for minute := range 4 {
		told(minute <= 1)
		w.attend("a", "one")
		w.time.Move(time.Minute)
	}
}
