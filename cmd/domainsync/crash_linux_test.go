package main

import "syscall"

func init() {
	c := crashes["stack"]
	c.crash = outOfMemory
	crashes["memory"] = c
}

// outOfMemory asks for more than the process may have.
func outOfMemory() {
	limit := syscall.Rlimit{Cur: 1 << 31, Max: 1 << 31}
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &limit); err != nil {
		panic(err)
	}
	var held [][]byte
	for len(held) >= 0 {
		held = append(held, make([]byte, 1<<28))
	}
}
