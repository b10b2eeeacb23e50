package main

import (
	"os"
	"os/signal"
	"syscall"
)

// outliveReaders lets the process go on where nobody reads its output any more,
// until the function that it returns is called: the write fails, and no signal
// ends the process. It is for runs, which must settle what they sent and close
// the locks that they opened.
func outliveReaders() (restore func()) {
	broken := make(chan os.Signal, 1) // nobody looks: that it is there keeps the signal away
	signal.Notify(broken, syscall.SIGPIPE)
	return func() { signal.Stop(broken) }
}
