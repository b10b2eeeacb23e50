package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
)

// workflows returns the workflows of deploy/github by their names.
func workflows(t *testing.T) map[string]*ciWorkflow {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(githubDir, "workflows/*.yml"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d workflows were found (%v)", len(files), err)
	}
	all := make(map[string]*ciWorkflow)
	for _, file := range files {
		all[filepath.Base(file)] = readYAML[ciWorkflow](t, file)
	}
	return all
}

// TestWorkflowsPermitLittle: a workflow permits nothing unless a job asks for it, never
// runs files of a fork with the rights of the repository, ends no run of an account to
// begin another one, and uses what others write by its commit.
func TestWorkflowsPermitLittle(t *testing.T) {
	t.Parallel()
	grants := map[string]string{
		"pull-request.yml plan": "contents: read, id-token: write, pull-requests: write",
		"pull-request.yml fork": "actions: read, contents: read",
		"apply.yml apply":       "contents: read, id-token: write, pull-requests: write",
		"nightly.yml apply":     "contents: read, id-token: write",
		"drift.yml drift":       "contents: read, id-token: write, issues: write",
	}
	environments := map[string]string{"pull-request.yml plan": "registrar-plan", "apply.yml apply": "registrar", "nightly.yml apply": "registrar", "drift.yml drift": "registrar-plan"}
	seen := 0
	for name, w := range workflows(t) {
		if _, ok := w.On["pull_request_target"]; ok {
			t.Errorf("%s runs on pull_request_target", name)
		}
		if w.Permissions == nil || len(w.Permissions) > 0 {
			t.Errorf("%s permits %v to all of its jobs", name, w.Permissions)
		}
		if w.Concurrency.Cancel == nil || *w.Concurrency.Cancel || !strings.Contains(w.Concurrency.Group, "accounts/corp") {
			t.Errorf("%s: %+v", name, w.Concurrency)
		}
		for job, j := range w.Jobs {
			var permitted []string
			for _, scope := range []string{"actions", "contents", "id-token", "issues", "pull-requests"} {
				if right := j.Permissions[scope]; right != "" {
					permitted = append(permitted, scope+": "+right)
				}
			}
			if got := strings.Join(permitted, ", "); got != grants[name+" "+job] || len(permitted) != len(j.Permissions) || j.Timeout == 0 || j.Environment != environments[name+" "+job] {
				t.Errorf("%s %s: permissions %s, environment %q, timeout %d", name, job, got, j.Environment, j.Timeout)
			}
			seen++
		}
	}
	if seen != len(grants) {
		t.Errorf("%d jobs were found, want %d", seen, len(grants))
	}
	for file, steps := range allSteps(t) {
		for _, s := range steps {
			checkStep(t, file, s)
		}
	}
}

// allSteps returns the steps of all workflows and actions, by their files.
func allSteps(t *testing.T) map[string][]ciStep {
	t.Helper()
	all := make(map[string][]ciStep)
	for name, w := range workflows(t) {
		for _, j := range w.Jobs {
			all[name] = append(all[name], j.Steps...)
		}
	}
	for _, action := range []string{"plan", "apply"} {
		a := readYAML[ciAction](t, filepath.Join(githubDir, action, "action.yml"))
		if a.Runs.Using != "composite" {
			t.Errorf("the action %s is no composite one", action)
		}
		all[action] = a.Runs.Steps
	}
	return all
}

// checkStep wants no text of an event in a script, and what is used by its commit.
func checkStep(t *testing.T, file string, s ciStep) {
	t.Helper()
	if strings.Contains(s.Run, "${{") {
		t.Errorf("%s: the script of %q is put together of expressions", file, s.Name)
	}
	if s.Uses != "" && !regexp.MustCompile(`^[\w-]+/[\w/-]+@[0-9a-f]{40}$`).MatchString(s.Uses) {
		t.Errorf("%s uses %s by no commit", file, s.Uses)
	}
	if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != "false" {
		t.Errorf("%s leaves a token in the repository", file)
	}
	for name, value := range s.Env {
		if strings.Contains(value, "github.event.") || strings.Contains(value, "github.head_ref") {
			t.Errorf("%s: %s is a text of the event", file, name)
		}
	}
}

// TestScriptsAreChecked lets shellcheck judge the steps, where it is.
func TestScriptsAreChecked(t *testing.T) {
	t.Parallel()
	needCommands(t, "bash")
	scripts, err := filepath.Glob(filepath.Join(deployDir, "ci/*.sh"))
	if err != nil || len(scripts) < 10 {
		t.Fatalf("%d scripts were found (%v)", len(scripts), err)
	}
	for _, script := range scripts {
		info, err := os.Stat(script)
		if err != nil {
			t.Fatal(err)
		}
		if runs := strings.HasPrefix(readText(t, script), "#!/usr/bin/env bash\n"); runs != (info.Mode()&0o100 != 0) {
			t.Errorf("%s: mode %v", script, info.Mode())
		}
		if out, err := exec.CommandContext(t.Context(), "bash", "-n", script).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
	needCommands(t, "shellcheck")
	check := exec.CommandContext(t.Context(), "shellcheck", append([]string{"--external-sources", "--source-path=SCRIPTDIR"}, scripts...)...)
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("shellcheck: %v\n%s", err, tail(string(out)))
	}
}

// TestInstallTakesWhatTheChecksumSays: a release is installed by version and checksum,
// and what is another archive, or has no checksum, is not.
func TestInstallTakesWhatTheChecksumSays(t *testing.T) {
	t.Parallel()
	needCommands(t, "bash", "curl", "jq", "tar", "sha256sum")
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("there is no release for this machine")
	}
	contains(t, "what a release consists of", readText(t, "../../.goreleaser.yaml"),
		"name_template: 'domainsync_{{ .Version }}_{{ .Os }}_{{ .Arch }}'", "formats: [tar.gz]", "wrap_in_directory: true")
	archive := release(t, "#!/bin/sh\necho domainsync of a release\n")
	sum := sha256.Sum256(archive)
	var asked atomic.Value // the path, a string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.URL.Path)
		w.Write(archive) //nolint:errcheck // the client sees a short answer
	}))
	defer server.Close()
	for _, test := range []struct{ version, sum, said, path string }{
		{"1.2.3", hex.EncodeToString(sum[:]), "domainsync of a release", "/v1.2.3/domainsync_1.2.3_linux_" + runtime.GOARCH + ".tar.gz"},
		{"1.2.3", strings.Repeat("0", 64), "nothing was installed", "/v1.2.3/domainsync_1.2.3_linux_" + runtime.GOARCH + ".tar.gz"},
		{"1.2.3", "", "a release is installed by version and checksum", ""},
		{"latest", hex.EncodeToString(sum[:]), "the version latest is none", ""},
		{"../../elsewhere/1.2.3", hex.EncodeToString(sum[:]), "is none", ""},
	} {
		asked.Store("")
		dir := t.TempDir()
		cmd := exec.CommandContext(t.Context(), filepath.Join(deployDir, "ci/install.sh"))
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "GITHUB_ACTIONS=true", "DS_OUT=" + dir, "GITHUB_PATH=" + filepath.Join(dir, "path"), "GITHUB_ENV=" + filepath.Join(dir, "env"),
			"DS_RELEASES=" + server.URL, "DS_VERSION=" + test.version, "DS_SHA256=" + test.sum,
		}
		out, err := cmd.CombinedOutput()
		installed := err == nil
		if !strings.Contains(string(out), test.said) || asked.Load() != test.path || installed != (test.said == "domainsync of a release") {
			t.Errorf("version %s, checksum %.4s…: %v, asked for %q\n%s", test.version, test.sum, err, asked.Load(), out)
		}
		if _, err := os.Stat(filepath.Join(dir, "bin/domainsync")); (err == nil) != installed {
			t.Errorf("version %s, checksum %.4s…: %v", test.version, test.sum, err)
		}
	}
}

// release packs a program as releases are packed.
func release(t *testing.T, text string) []byte {
	t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipped)
	for name, content := range map[string]string{"domainsync": text, "README.md": "A page."} {
		if err := archive.WriteHeader(&tar.Header{Name: "domainsync_1.2.3_linux_" + runtime.GOARCH + "/" + name, Mode: 0o755, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(archive, content)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}
