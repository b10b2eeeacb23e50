package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// pseudoTerminal opens a terminal that a test drives.
func pseudoTerminal(t *testing.T) (driver, terminal *os.File) {
	t.Helper()
	driver, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { driver.Close() }) //nolint:errcheck // it ends with the test
	var number, unlock int32
	for request, argument := range map[uintptr]*int32{syscall.TIOCGPTN: &number, syscall.TIOCSPTLCK: &unlock} {
		if _, _, code := syscall.Syscall(syscall.SYS_IOCTL, driver.Fd(), request, uintptr(unsafe.Pointer(argument))); code != 0 {
			t.Fatal(code)
		}
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() }) //nolint:errcheck // it ends with the test
	return driver, terminal
}

// TestReportOfAnInterruptAtThePrompt: whoever interrupts a question has nothing to
// resume, and the report says so; the next apply finds nothing to settle.
func TestReportOfAnInterruptAtThePrompt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), lockedFile)
	writeText(t, filepath.Join(dir, "live.json"), `{"format_version": 1, "account": "42", "read_at": "2026-01-01T00:00:00Z", "domains": [{"name": "example.com", "transfer_lock": "CLOSE"}]}`)
	sim := simulate(t, "--live", filepath.Join(dir, "live.json"))
	report := filepath.Join(dir, "report.json")
	_, terminal := pseudoTerminal(t)
	cmd := exec.CommandContext(t.Context(), program(t), "apply", "--dir", dir, "--endpoint", sim.endpoint, "--report", report)
	cmd.Env, cmd.Stdin = append(os.Environ(), testKey...), terminal
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	in := bufio.NewReader(stderr)
	for !strings.Contains(said.String(), "taken as yes: ") {
		b, err := in.ReadByte()
		if err != nil {
			t.Fatalf("%v\n%s", err, said.String())
		}
		said.WriteByte(b)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _, err := in.WriteTo(&said); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() //nolint:errcheck // the code is looked at
	out := outcome{cmd.ProcessState.ExitCode(), "", said.String()}.want(t, exitError)
	checkEnd(t, report, out, way{code: exitError, reason: "stopped", line: "interrupted; nothing was changed"})
	if out := runProgram(t, "resume", "--dir", dir, "--endpoint", sim.endpoint).want(t, exitDone); !strings.Contains(out.stdout, "No run is open") {
		t.Errorf("something is left to resume:\n%s", out.stdout)
	}
}
