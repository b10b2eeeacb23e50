package main

import (
	"runtime/debug"
	"testing"
)

// TestMemoryIsBoundUnlessTheEnvironmentSays: a plan has the soft limit while it
// runs, an apply less garbage as well, and whoever sets either decides both.
func TestMemoryIsBoundUnlessTheEnvironmentSays(t *testing.T) { //nolint:paralleltest // the limit is everybody's
	limit, percent := debug.SetMemoryLimit(-1), debug.SetGCPercent(100)
	debug.SetGCPercent(percent)
	for _, test := range []struct {
		set, apply bool
		limit      int64
		percent    int
	}{
		{false, false, softMemory, percent},
		{false, true, softMemory, gcPercent},
		{true, false, limit, percent},
		{true, true, limit, percent},
	} {
		a := &app{getenv: func(name string) string {
			if test.set && name == "GOMEMLIMIT" {
				return "1GiB"
			}
			return ""
		}}
		begin := a.boundMemory
		if test.apply {
			begin = a.spareMemory
		}
		end := begin()
		gotLimit, gotPercent := debug.SetMemoryLimit(-1), debug.SetGCPercent(100)
		debug.SetGCPercent(gotPercent)
		if end(); gotLimit != test.limit || gotPercent != test.percent {
			t.Errorf("set %v, apply %v: the limit is %d at %d %%, want %d at %d %%", test.set, test.apply, gotLimit, gotPercent, test.limit, test.percent)
		}
		after := debug.SetGCPercent(percent)
		if now := debug.SetMemoryLimit(-1); now != limit || after != percent {
			t.Errorf("set %v, apply %v: the limit stays %d at %d %%", test.set, test.apply, now, after)
		}
	}
}
