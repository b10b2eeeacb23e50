package main

import "runtime/debug"

const (
	// gcPercent is how much garbage may lie beside what is held, in percent,
	// while changes are made. A large apply takes hours, most of which it waits:
	// memory is dearer then than the processor.
	gcPercent = 50
	// softMemory is what the process should stay below all the same: what it
	// holds for a million changes and a little more.
	softMemory = 1800 << 20
)

// spareMemory has the process hold less memory until the function that it
// returns is called. Who sets GOGC or GOMEMLIMIT decides it.
func (a *app) spareMemory() (restore func()) {
	if a.getenv("GOGC") != "" || a.getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	percent := debug.SetGCPercent(gcPercent)
	limit := debug.SetMemoryLimit(softMemory)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}
