package job

import "slices"

// The exit codes of a command that carries out a job.
const (
	ExitDone    = 0 // done, nothing to do, or only what waits for something else
	ExitError   = 1 // wrong input, or the command could not be carried out
	ExitPending = 2 // changes are unapproved, or pending where that is asked for
	ExitGuard   = 3 // a guard refuses the plan
	ExitFailed  = 4 // something failed, is unknown, stale, missing, blocked or differs
	ExitOpen    = 5 // interrupted or in doubt: resume
	ExitHeld    = 6 // another run holds the account
)

// ExitCodes lists the codes that are not [ExitDone] from the one that says most: what is
// open may cost money, what failed needs a person, what is refused was not begun.
func ExitCodes() []int {
	return []int{ExitHeld, ExitOpen, ExitFailed, ExitGuard, ExitError, ExitPending}
}

// ExitCode returns the one code for all that happened.
func ExitCode(codes ...int) int {
	for _, c := range ExitCodes() {
		if slices.Contains(codes, c) {
			return c
		}
	}
	return ExitDone
}

// ExitCodeFor returns the code for a reason. Changes that are pending are one only where
// that is asked for.
func ExitCodeFor(r Reason) int {
	return map[Reason]int{Open: ExitOpen, Failed: ExitFailed, Guarded: ExitGuard, Impossible: ExitError, Unapproved: ExitPending}[r]
}
