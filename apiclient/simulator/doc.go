// Package simulator is an account of the Alibaba Cloud Domains API in memory,
// behind the service's own wire protocol: any client of the service works
// against it.
//
// It verifies signatures, nonces and clocks, checks parameters against the
// types of [wire], saves batch tasks whose details end later, keeps the queue of
// results that are acknowledged, and counts how often a task was saved for each
// change. By default everything succeeds at once; [Faults] make it awkward.
//
// An operation that it does not imitate is refused like one that the service
// does not know.
//
// Its state follows from the clock alone: a detail has ended once it is due.
// There are no goroutines, so that it also runs inside a testing/synctest
// bubble, through [Simulator.Transport].
package simulator
