package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/journal/pgtest"
)

// deployed is a process that was started as a deployment starts it.
type deployed struct {
	t       *testing.T
	cmd     *exec.Cmd
	log     bytes.Buffer
	address string
}

// startDeployed starts a process, and waits until it says where it listens.
func startDeployed(t *testing.T, cmd *exec.Cmd) *deployed {
	t.Helper()
	d := &deployed{t: t, cmd: cmd}
	cmd.Stderr = &d.log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		if errors.Is(err, syscall.EPERM) && os.Getenv(pgtest.Required) != "required" {
			t.Skipf("this machine lets nobody start a process in another root: %v", err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			cmd.Process.Kill() //nolint:errcheck // it may have ended
			cmd.Wait()         //nolint:errcheck // its exit code is of no interest
		}
		if t.Failed() {
			t.Logf("%v says\n%s", cmd.Args, d.log.String())
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		t.Fatalf("the first line is %q: %v", line, err)
	}
	d.address = address
	return d
}

// await gets a page until it has a text.
func (d *deployed) await(path, want string) {
	d.t.Helper()
	tick, over := time.NewTicker(20*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	page := ""
	for {
		if resp, err := http.Get(strings.Replace(d.address, "[::]", "127.0.0.1", 1) + path); err == nil {
			text, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if page = string(text); resp.StatusCode == http.StatusOK && strings.Contains(page, want) {
				return
			}
		}
		select {
		case <-tick.C:
		case <-over:
			d.t.Fatalf("%s says %q", path, page)
		}
	}
}

// end asks the process to stop, as whoever replaces it does.
func (d *deployed) end() {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	if err := d.cmd.Wait(); err != nil {
		d.t.Errorf("it ends with %v", err)
	}
}

// anyPort are the arguments of a deployment on a port that is free.
func anyPort(t *testing.T, args []string) []string {
	t.Helper()
	argument(t, args, "--listen")
	args = slices.Clone(args)
	args[slices.Index(args, "--listen")+1] = "127.0.0.1:0"
	return args
}

// TestComposedFleetRuns starts what the file for Compose starts, with its arguments and
// its environment; addresses and the place of its files are those of the test.
func TestComposedFleetRuns(t *testing.T) {
	t.Parallel()
	c, binary := composeFile(t), buildBinary(t)
	config := filepath.Join(t.TempDir(), "config")
	if err := os.CopyFS(config, os.DirFS(filepath.Join(deployDir, "compose"))); err != nil {
		t.Fatal(err)
	}
	command := func(s composed) *exec.Cmd {
		args := anyPort(t, s.Command)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "/config", config)
		}
		return exec.Command(binary, args...)
	}
	sim := startDeployed(t, command(c.Services["simulator"]))
	database := pgtest.Start(t).Database(t)
	environ := func(s composed) []string {
		env := []string{"HOME=" + t.TempDir()}
		for name, value := range s.Environment {
			switch name {
			case "DOMAINSYNC_STATE":
				value = database
			case "DOMAINSYNC_ENDPOINT":
				value = sim.address
			}
			env = append(env, name+"="+value)
		}
		return env
	}
	var all []*deployed
	for _, name := range []string{"serve-1", "serve-2"} {
		cmd := command(c.Services[name])
		cmd.Env = environ(c.Services[name])
		all = append(all, startDeployed(t, cmd))
	}
	for _, d := range all {
		d.await("/readyz", `"ready":true,"jobs":2`)
	}
	ask := exec.CommandContext(t.Context(), binary, "jobs", "run", "corp", "--wait", "60s")
	ask.Env = environ(c.Services["serve-1"])
	if out, err := ask.CombinedOutput(); ask.ProcessState.ExitCode() != exitPending || !strings.Contains(string(out), "exit 2: unapproved") {
		t.Errorf("jobs run: %v\n%s", err, out)
	}
	for _, d := range all {
		d.await("/metrics", `fleet_job="corp",operation="apply"} 2`)
		d.await("/healthz", "ok")
		d.end()
	}
}

// TestServedPodRuns starts the program as the Deployment does, in a root of its own that
// it can write nothing to but /tmp, as a user that nobody knows, with files that lie there
// as those of ConfigMaps do.
func TestServedPodRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program anew")
	}
	t.Parallel()
	all := servedObjects(t)
	pod := specOf[deploymentSpec](t, all["Deployment"]).Template.Spec
	root := imageRoot(t)
	mountConfigMap(t, filepath.Join(root, "config/fleet"), all["ConfigMap"].Data)
	mountConfigMap(t, filepath.Join(root, "config/accounts/corp"), map[string]string{"main.hcl": "account {\n  id = \"42\"\n}\n" + accountFiles})
	sim, err := startSimulatorProcess(filepath.Join(root, "domainsync"), t.TempDir(), "--account", "42")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.stop)
	secret := append([]string{"DOMAINSYNC_STATE=" + pgtest.Start(t).Database(t), "DOMAINSYNC_ENDPOINT=" + sim.endpoint}, testKey...)
	before := protect(t, root)
	cmd := exec.Command("/domainsync", anyPort(t, pod.Containers[0].Args)...)
	cmd.Path, cmd.Dir = "/domainsync", "/config"
	cmd.Env = append([]string{"ZONEINFO=/zoneinfo.zip"}, secret...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: uint32(pod.SecurityContext.RunAsUser), Gid: uint32(pod.SecurityContext.RunAsGroup), NoSetGroups: true}}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: pod.SecurityContext.RunAsUser, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: pod.SecurityContext.RunAsGroup, HostID: os.Getgid(), Size: 1}}
	}
	d := startDeployed(t, cmd)
	c := pod.Containers[0]
	d.await(c.Readiness.HTTPGet.Path, `"ready":true,"jobs":1`)
	d.await(c.Liveness.HTTPGet.Path, "ok")
	ask := exec.CommandContext(t.Context(), filepath.Join(root, "domainsync"), "jobs", "run", "corp", "--wait", "60s")
	ask.Env = secret
	if out, err := ask.CombinedOutput(); ask.ProcessState.ExitCode() != exitFailed || !strings.Contains(string(out), "alpha.com") {
		t.Errorf("the account lacks the name, and jobs run says: %v\n%s", err, out)
	}
	d.end()
	if after := filesBelow(t, root); !slices.Equal(after, before) {
		t.Errorf("it has left\n%v\nwhere was\n%v", after, before)
	}
}

// imageRoot makes what the image holds: the program, the time zones and /tmp.
func imageRoot(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(root, "domainsync"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	goroot, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	zones, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(goroot)), "lib/time/zoneinfo.zip"))
	if err == nil {
		err = os.WriteFile(filepath.Join(root, "zoneinfo.zip"), zones, 0o644)
	}
	if err == nil {
		err = os.Mkdir(filepath.Join(root, "tmp"), 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// mountConfigMap writes files as a ConfigMap is mounted: behind links, so that all of them
// are replaced at once.
func mountConfigMap(t *testing.T, dir string, data map[string]string) {
	t.Helper()
	version := filepath.Join(dir, "..2026_11_30")
	if err := os.MkdirAll(version, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("..2026_11_30", filepath.Join(dir, "..data")); err != nil {
		t.Fatal(err)
	}
	for name, text := range data {
		if err := os.WriteFile(filepath.Join(version, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// protect lets nobody write below a root but to /tmp, and returns what is there.
func protect(t *testing.T, root string) []string {
	t.Helper()
	set := func(tmp, mode os.FileMode) {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			if path == filepath.Join(root, "tmp") {
				return os.Chmod(path, tmp)
			}
			return os.Chmod(path, mode)
		})
		if err != nil {
			t.Error(err)
		}
	}
	set(0o777, 0o555)
	t.Cleanup(func() { set(0o777, 0o755) })
	return filesBelow(t, root)
}

// filesBelow lists what is below a root.
func filesBelow(t *testing.T, root string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		all = append(all, strings.TrimPrefix(path, root))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
