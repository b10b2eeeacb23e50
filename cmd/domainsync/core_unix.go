//go:build unix

package main

import "syscall"

// disableCoreDumps keeps the memory of a program that ends by a signal, which holds
// keys and personal data, from being written to a file. A limit of 1 is less
// than any such file needs, and also keeps it from a program that collects
// them, which a limit of 0 does not.
func disableCoreDumps() {
	limit := syscall.Rlimit{Cur: 1, Max: 1}
	syscall.Setrlimit(syscall.RLIMIT_CORE, &limit) //nolint:errcheck // where it is lower already, it stays so
}
