package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/executor/journal/buckettest"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
)

// recipes returns the blocks of docs/ephemeral-machines.md by their names.
func recipes(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for _, block := range regexp.MustCompile("(?ms)^```sh ([a-z-]+)\n(.*?)^```$").FindAllStringSubmatch(readText(t, "../../docs/ephemeral-machines.md"), -1) {
		all[block[1]] = block[2]
	}
	return all
}

// nights runs a recipe on one machine after the other, each with an empty disk: the
// first makes a change that the second knows of.
func nights(t *testing.T, recipe string, env ...string) {
	t.Helper()
	needCommands(t, "bash")
	live := filepath.Join(t.TempDir(), "live.json")
	writeText(t, live, ciLive)
	sim := simulate(t, "--live", live)
	night := func(text, label string) outcome {
		t.Helper()
		return machine(t, text, sim.endpoint, label, env...)
	}
	apply, look := recipes(t)[recipe], recipes(t)["new-state"]
	if recipe == "cache" { // what the apply begins with is what somebody who looks begins with
		begin, _, _ := strings.Cut(apply, "code=0\n")
		look = begin + "domainsync runs list --dir accounts/corp\n" + look
	}
	night(apply, "ns").want(t, exitDone)
	o := night(look, "dns").want(t, exitDone)
	if !strings.Contains(o.stdout, "dns1.example.org") || strings.Contains(o.stdout, "knows of no apply") || strings.Contains(o.stdout, "max_released        not counted") {
		t.Errorf("the second machine begins anew:\n%s\n%s", o.stdout, o.stderr)
	}
	night(apply, "ns").want(t, exitDone)
	if recipe != "cache" {
		contains(t, "what runs in any case", night(recipes(t)["relock"], "ns").want(t, exitDone).stdout, "there is nothing to relock")
	}
	if o := night(look, "ns").want(t, exitDone); !strings.Contains(o.stdout, "Nothing to do") {
		t.Errorf("the last machine plans\n%s", o.stdout)
	}
}

// machine runs commands on a machine with nothing but the files.
func machine(t *testing.T, commands, endpoint, label string, env ...string) outcome {
	t.Helper()
	if commands == "" {
		t.Fatal("there is no such recipe")
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, ciConfig), 0o700); err != nil {
		t.Fatal(err)
	}
	lock := "account {\n  id = \"42\"\n}\n\ndomain \"example.net\" {\n  transfer_lock = true\n}\n\n"
	writeText(t, filepath.Join(dir, ciConfig, "main.hcl"), lock+"domain \"example.com\" {\n  nameservers = [\""+label+"1.example.org\", \""+label+"2.example.org\"]\n}\n")
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(bin, "domainsync"), "#!/bin/sh\nexec '"+program(t)+"' \"$@\" --endpoint "+endpoint+"\n")
	if err := os.Chmod(filepath.Join(bin, "domainsync"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-eu", "-c", commands)
	cmd.Dir = dir
	cmd.Env = append(append([]string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + dir}, testKey...), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Run() //nolint:errcheck // the exit code tells
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// TestEphemeralMachines: by each recipe of the page the next machine knows what the one
// before did.
func TestEphemeralMachines(t *testing.T) {
	t.Parallel()
	tested := map[string]func(t *testing.T) []string{
		"bucket": func(t *testing.T) []string {
			return []string{"DOMAINSYNC_STATE=" + buckettest.Start(t, "oss").URL("corp")}
		},
		"postgresql": func(t *testing.T) []string { return []string{"DOMAINSYNC_STATE=" + pgtest.Start(t).Database(t)} },
		"directory":  func(t *testing.T) []string { return []string{"DOMAINSYNC_STATE=" + filepath.Join(t.TempDir(), "corp")} },
		"cache":      func(t *testing.T) []string { return []string{"CACHE=" + t.TempDir()} },
	}
	for name, env := range tested {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nights(t, name, env(t)...)
		})
	}
	for name := range recipes(t) {
		if tested[name] == nil && name != "new-state" && name != "relock" {
			t.Errorf("the recipe %s is not tested", name)
		}
	}
}

// TestMachineWithoutItsState: a plan with a state that is new says so, and what it
// therefore does not know.
func TestMachineWithoutItsState(t *testing.T) {
	t.Parallel()
	needCommands(t, "bash")
	live := filepath.Join(t.TempDir(), "live.json")
	writeText(t, live, ciLive)
	sim := simulate(t, "--live", live)
	first, note := "DOMAINSYNC_STATE="+filepath.Join(t.TempDir(), "first"), "This state is new: it knows of no apply."
	look := func() outcome {
		t.Helper()
		return machine(t, recipes(t)["new-state"], sim.endpoint, "ns", first).want(t, exitDone)
	}
	if o := look(); strings.Count(o.stderr, note) != 1 || strings.Contains(o.stdout, note) {
		t.Errorf("where the account is new, too, it prints\n%s\nand\n%s", o.stdout, o.stderr)
	}
	machine(t, recipes(t)["directory"], sim.endpoint, "ns", first).want(t, exitDone)
	if o := look(); strings.Contains(o.stdout+o.stderr, "state is new") {
		t.Errorf("after an apply the state is still new:\n%s\n%s", o.stdout, o.stderr)
	}
	o := machine(t, recipes(t)["new-state"], sim.endpoint, "dns", "DOMAINSYNC_STATE="+filepath.Join(t.TempDir(), "second")).want(t, exitDone)
	contains(t, "the plan", strings.Join(strings.Fields(o.stdout+o.stderr), " "), "knows of no apply", "max_released", "nobody knows which names left the files")
	if strings.Contains(o.stderr, note) {
		t.Errorf("the plan warns, and it is said once more:\n%s", o.stderr)
	}
}
