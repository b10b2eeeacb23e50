package main

import "runtime/debug"

const (
	// gcPercent is how much garbage may lie beside what is held, in percent,
	// while changes are made. A large apply takes hours, most of which it waits:
	// memory is dearer then than the processor.
	gcPercent = 50
	// gcPercentOfTests is that of runs over accounts in memory, which wait for nobody.
	gcPercentOfTests = 400
	// softMemory is what the process should stay below all the same: what it
	// holds for a million changes and a little more.
	softMemory = 1800 << 20
)

// spareMemory has the process hold less memory until the function that it
// returns is called. Who sets GOGC or GOMEMLIMIT decides it.
func (a *app) spareMemory() (restore func()) {
	if a.tunesMemory() {
		return func() {}
	}
	percent, unbound := debug.SetGCPercent(gcPercent), a.boundMemory()
	return func() {
		debug.SetGCPercent(percent)
		unbound()
	}
}

// boundMemory has the process stay below softMemory where it can, which costs
// nothing before that is reached. Who sets GOGC or GOMEMLIMIT decides it.
func (a *app) boundMemory() (restore func()) {
	if a.tunesMemory() {
		return func() {}
	}
	limit := debug.SetMemoryLimit(softMemory)
	return func() { debug.SetMemoryLimit(limit) }
}

// tunesMemory reports whether the environment says how memory is dealt with, or another
// part of the process does.
func (a *app) tunesMemory() bool {
	return a.sharesProcess || a.getenv("GOGC") != "" || a.getenv("GOMEMLIMIT") != ""
}

// spendMemory has the process leave more garbage until the function that it returns is
// called: a command that plays many short runs takes a third less of the processor then.
// Who sets GOGC or GOMEMLIMIT decides it.
func (a *app) spendMemory() (restore func()) {
	if a.tunesMemory() {
		return func() {}
	}
	percent, unbound := debug.SetGCPercent(gcPercentOfTests), a.boundMemory()
	return func() {
		debug.SetGCPercent(percent)
		unbound()
	}
}
