package main

import (
	"bytes"
	"debug/elf"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

const deployDir = "../../deploy"

func TestVersionOfABuild(t *testing.T) {
	t.Parallel()
	for want, settings := range map[string][]debug.BuildSetting{
		"unknown of unknown date":                          nil,
		"0123456789ab of 2026-11-29T10:00:00Z":             {{Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.time", Value: "2026-11-29T10:00:00Z"}, {Key: "vcs.modified", Value: "false"}},
		"0123456789ab and changes of 2026-11-29T10:00:00Z": {{Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.time", Value: "2026-11-29T10:00:00Z"}, {Key: "vcs.modified", Value: "true"}},
	} {
		v, commit, date := versionOf(&debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: settings})
		if got := commit + " of " + date; got != want || v != "v1.2.3" {
			t.Errorf("%s: %s, want %s", v, got, want)
		}
	}
}

// TestDeployedCommandsAreTaken: what the unit and the job run is taken by the command
// line, as far as its flags.
func TestDeployedCommandsAreTaken(t *testing.T) {
	t.Parallel()
	unit := readText(t, filepath.Join(deployDir, "systemd/domainsync.service"))
	command := regexp.MustCompile(`(?m)^ExecStart=/usr/bin/(domainsync .*)$`).FindStringSubmatch(unit)
	if command == nil {
		t.Fatal("the unit starts no domainsync")
	}
	lines := []string{command[1], "domainsync " + strings.Join(cronJob(t).args(), " ")}
	serving := regexp.MustCompile(`(?m)^ExecStart=/usr/bin/(domainsync serve .*)$`).FindStringSubmatch(readText(t, filepath.Join(deployDir, "systemd/domainsync-serve.service")))
	if serving == nil {
		t.Fatal("the unit serves no fleet")
	}
	if err := takes(serving[1], "domainsync serve"); err != nil {
		t.Error(err)
	}
	for _, line := range lines {
		if err := takes(line, "domainsync apply"); err != nil || !strings.Contains(line, "--auto-approve=") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// TestUnitsAreVerified lets systemd judge the units, their hardening included.
func TestUnitsAreVerified(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not here")
	}
	dir := t.TempDir()
	for _, name := range []string{"domainsync.service", "domainsync.timer", "domainsync-serve.service"} {
		text := readText(t, filepath.Join(deployDir, "systemd", name))
		// The program is not installed here, and neither is its manual.
		text = strings.ReplaceAll(text, "/usr/bin/domainsync", "/bin/true")
		text = strings.ReplaceAll(text, "Documentation=man:domainsync(1)\n", "")
		writeText(t, filepath.Join(dir, name), text)
	}
	for _, args := range [][]string{
		{"verify", "--recursive-errors=no", filepath.Join(dir, "domainsync.service"), filepath.Join(dir, "domainsync.timer")},
		{"verify", "--recursive-errors=no", filepath.Join(dir, "domainsync-serve.service")},
		{"security", "--offline=yes", "--threshold=20", filepath.Join(dir, "domainsync.service")},
		{"security", "--offline=yes", "--threshold=20", filepath.Join(dir, "domainsync-serve.service")},
	} {
		var out bytes.Buffer
		cmd := exec.CommandContext(t.Context(), "systemd-analyze", args...)
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); err != nil {
			t.Errorf("systemd-analyze %s: %v\n%s", args[0], err, tail(out.String()))
		}
	}
}

// TestPackagedUnits: each unit that is deployed is in the packages, and what it names is
// where the packages or systemd have it.
func TestPackagedUnits(t *testing.T) {
	t.Parallel()
	var packaged struct {
		NFPMs []struct {
			Scripts  map[string]string `yaml:"scripts"`
			Bindir   string            `yaml:"bindir"`
			Contents []struct {
				Src, Dst, Type string
			} `yaml:"contents"`
		} `yaml:"nfpms"`
	}
	if err := yaml.Unmarshal([]byte(readText(t, "../../.goreleaser.yaml")), &packaged); err != nil || len(packaged.NFPMs) != 1 {
		t.Fatal(err, packaged)
	}
	p := packaged.NFPMs[0]
	dirs, units := []string{p.Bindir}, make(map[string]string)
	for _, c := range p.Contents {
		if c.Type == "dir" {
			dirs = append(dirs, c.Dst)
		}
		if strings.HasPrefix(c.Src, "deploy/systemd/") {
			units[filepath.Base(c.Src)] = c.Dst
		}
	}
	entries, err := os.ReadDir(filepath.Join(deployDir, "systemd"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if units[name] != "/usr/lib/systemd/system/"+name {
			t.Errorf("the packages have %s at %q", name, units[name])
		}
		text := readText(t, filepath.Join(deployDir, "systemd", name))
		for _, path := range regexp.MustCompile(`(?m)^(?:ExecStart|WorkingDirectory|EnvironmentFile)=(/[^ \n]+)`).FindAllStringSubmatch(text, -1) {
			if !slices.Contains(dirs, path[1]) && !slices.Contains(dirs, filepath.Dir(path[1])) {
				t.Errorf("%s names %s, which no package has a place for", name, path[1])
			}
		}
	}
	if len(p.Scripts) > 0 {
		t.Errorf("the packages run %v, which might start a unit", p.Scripts)
	}
}

// TestServedUnitEndsInOrder: systemd kills the process later than runs have to end, and
// what it writes is in the directory that systemd makes for it alone.
func TestServedUnitEndsInOrder(t *testing.T) {
	t.Parallel()
	text := readText(t, filepath.Join(deployDir, "systemd/domainsync-serve.service"))
	value := func(key string) string {
		found := regexp.MustCompile(`(?m)^` + key + `=(.*)$`).FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("it has no %s", key)
		}
		return found[1]
	}
	args := strings.Fields(value("ExecStart"))
	stop, err := time.ParseDuration(strings.TrimSuffix(value("TimeoutStopSec"), "in"))
	if err != nil || stop < drainOf(t, args)+time.Minute {
		t.Errorf("runs have %s to end in order, and the process is killed after %s (%v)", drainOf(t, args), stop, err)
	}
	if state := argument(t, args, "--state"); !strings.HasPrefix(state, "/var/lib/"+value("StateDirectory")+"/") || value("StateDirectoryMode") != "0700" || value("UMask") != "0077" || value("DynamicUser") != "yes" {
		t.Errorf("the state is in %s", state)
	}
}

// cronJobFile is what the test looks at of a CronJob.
type cronJobFile struct {
	Kind string `yaml:"kind"`
	Spec struct {
		ConcurrencyPolicy string `yaml:"concurrencyPolicy"`
		JobTemplate       struct {
			Spec struct {
				BackoffLimit *int `yaml:"backoffLimit"`
				Template     struct {
					Spec struct {
						RestartPolicy   string `yaml:"restartPolicy"`
						ServiceAccount  string `yaml:"serviceAccountName"`
						Grace           int    `yaml:"terminationGracePeriodSeconds"`
						SecurityContext struct {
							RunAsNonRoot bool `yaml:"runAsNonRoot"`
						} `yaml:"securityContext"`
						Containers []struct {
							Args    []string `yaml:"args"`
							EnvFrom []struct {
								SecretRef struct {
									Name string `yaml:"name"`
								} `yaml:"secretRef"`
							} `yaml:"envFrom"`
							VolumeMounts []volume `yaml:"volumeMounts"`
						} `yaml:"containers"`
						Volumes []volume `yaml:"volumes"`
					} `yaml:"spec"`
				} `yaml:"template"`
			} `yaml:"spec"`
		} `yaml:"jobTemplate"`
	} `yaml:"spec"`
}

type volume struct {
	Name string `yaml:"name"`
}

func (j *cronJobFile) args() []string {
	return j.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Args
}

// cronJob reads the CronJob; other kinds of objects are wanted beside it.
func cronJob(t *testing.T) *cronJobFile {
	t.Helper()
	documents := yaml.NewDecoder(strings.NewReader(readText(t, filepath.Join(deployDir, "kubernetes/domainsync.yaml"))))
	var found *cronJobFile
	var kinds []string
	for {
		var j cronJobFile
		if err := documents.Decode(&j); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if kinds = append(kinds, j.Kind); j.Kind == "CronJob" {
			found = &j
		}
	}
	if found == nil || !slices.Contains(kinds, "ServiceAccount") || !slices.Contains(kinds, "PersistentVolumeClaim") {
		t.Fatalf("the objects are %v", kinds)
	}
	return found
}

// TestCronJobEndsInOrder: a run is never repeated blindly, never joined by another one,
// and has the time to settle what it sent.
func TestCronJobEndsInOrder(t *testing.T) {
	t.Parallel()
	j := cronJob(t)
	spec := j.Spec.JobTemplate.Spec
	pod := spec.Template.Spec
	if spec.BackoffLimit == nil || *spec.BackoffLimit != 0 || j.Spec.ConcurrencyPolicy != "Forbid" || pod.RestartPolicy != "Never" || pod.Grace < 1800 {
		t.Errorf("the job: %+v", j.Spec)
	}
	if pod.ServiceAccount == "" || !pod.SecurityContext.RunAsNonRoot || len(pod.Containers) != 1 || pod.Containers[0].EnvFrom[0].SecretRef.Name == "" {
		t.Errorf("the pod: %+v", pod)
	}
	for _, mount := range pod.Containers[0].VolumeMounts {
		if !slices.Contains(pod.Volumes, mount) {
			t.Errorf("the volume %s is mounted, and is none", mount.Name)
		}
	}
}

// TestDockerfile looks at the image without an engine: it holds the program, the
// certificates and the time zones. DEPLOY_BUILD=1 builds the program by its own step,
// which compiles everything anew; without it the step is only planned.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	text := readText(t, filepath.Join(deployDir, "Dockerfile"))
	stages := strings.Split(text, "\nFROM ")
	last := stages[len(stages)-1]
	for _, want := range []string{"scratch\n", "USER 65532:65532\n", "ca-certificates.crt", "ENV ZONEINFO=/zoneinfo.zip", `ENTRYPOINT ["/domainsync"]`} {
		if !strings.Contains(last, want) {
			t.Errorf("the image lacks %q", want)
		}
	}
	if regexp.MustCompile(`(?m)^FROM \S+:latest|^ADD `).MatchString(text) {
		t.Error("a stage is of no version, or a file is fetched")
	}
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(strings.TrimSpace(string(root)), "lib/time/zoneinfo.zip")); err != nil {
		t.Errorf("Go has no time zones: %v", err)
	}
	step := regexp.MustCompile(`(?m)^RUN (CGO_ENABLED=0 go build .*)$`).FindStringSubmatch(text)
	if step == nil {
		t.Fatal("no step builds the program")
	}
	if os.Getenv("DEPLOY_BUILD") == "" || runtime.GOOS != "linux" {
		dry := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(step[1], "go build", "go build -n", 1))
		dry.Dir = "../.."
		if out, err := dry.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", step[1], err, tail(string(out)))
		}
		return
	}
	buildAsInTheImage(t, step[1])
}

// buildAsInTheImage runs the step that builds the program, which compiles all of it
// anew, and looks whether the program runs where nothing else is.
func buildAsInTheImage(t *testing.T, step string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "domainsync")
	build := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(step, "/out/domainsync", binary))
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", step, err, out)
	}
	file, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("the program needs a loader, which the image lacks")
		}
	}
	run := exec.CommandContext(t.Context(), binary, "version")
	run.Env = []string{}
	if out, err := run.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "domainsync ") {
		t.Errorf("version without an environment: %v\n%s", err, out)
	}
}
