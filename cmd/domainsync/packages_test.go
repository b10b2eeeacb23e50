package main

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestPackages looks at what a release consists of, in the directory PACKAGES_DIR:
// `make packages` builds it.
func TestPackages(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("PACKAGES_DIR")
	if dir == "" {
		t.Skip("PACKAGES_DIR names no packages: make packages")
	}
	sums := checksums(t, filepath.Join(dir, "checksums.txt"))
	archive := oneFile(t, dir, "domainsync_*_"+runtime.GOOS+"_"+runtime.GOARCH+".tar.gz")
	deb, rpm := oneFile(t, dir, "*_"+runtime.GOARCH+".deb"), oneFile(t, dir, "*.rpm")
	for _, file := range []string{archive, deb, rpm} {
		text := readText(t, file)
		if sum := sha256.Sum256([]byte(text)); sums[filepath.Base(file)] != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: checksums.txt says something else", filepath.Base(file))
		}
	}
	t.Run("archive", func(t *testing.T) { t.Parallel(); lookAtArchive(t, archive) })
	t.Run("deb", func(t *testing.T) { t.Parallel(); lookAtPackage(t, "dpkg-deb", "--fsys-tarfile", deb) })
	t.Run("rpm", func(t *testing.T) { t.Parallel(); lookAtPackage(t, "rpm", "-qlp", rpm) })
}

// installed is what a package leaves on a machine, among others.
var installed = []string{
	"usr/bin/domainsync",
	"usr/share/man/man1/domainsync.1.gz",
	"usr/share/man/man1/domainsync-apply.1.gz",
	"usr/share/bash-completion/completions/domainsync",
	"usr/share/zsh/vendor-completions/_domainsync",
	"usr/share/fish/vendor_completions.d/domainsync.fish",
	"usr/lib/systemd/system/domainsync.service",
	"usr/lib/systemd/system/domainsync.timer",
	"usr/lib/systemd/system/domainsync-serve.service",
	"usr/share/doc/domainsync/copyright",
}

// lookAtPackage has the package's own program list it.
func lookAtPackage(t *testing.T, program string, args ...string) {
	needCommands(t, program)
	out, err := exec.CommandContext(t.Context(), program, args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Fields(string(out))
	if program == "dpkg-deb" {
		files = nil
		for name := range tarFiles(t, strings.NewReader(string(out))) {
			files = append(files, name)
		}
	}
	for i, f := range files {
		files[i] = strings.TrimLeft(f, "./")
	}
	for _, want := range installed {
		if !slices.Contains(files, want) {
			t.Errorf("it lacks %s", want)
		}
	}
	for _, file := range files { // a unit that is enabled would run before anybody has written what it reads
		if strings.Contains(file, ".wants/") || strings.Contains(file, "system-preset/") {
			t.Errorf("%s has a unit started", file)
		}
	}
}

// lookAtArchive runs the program of an archive, and looks for what lies beside it.
func lookAtArchive(t *testing.T, archive string) {
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := tarFiles(t, unzipped)
	top := strings.TrimSuffix(filepath.Base(archive), ".tar.gz")
	for _, want := range []string{"LICENSE", "README.md", "CHANGELOG.md", "man/domainsync.1.gz", "completions/domainsync.bash"} {
		if len(files[top+"/"+want]) == 0 {
			t.Errorf("it lacks %s", want)
		}
	}
	program := filepath.Join(t.TempDir(), "domainsync")
	if err := os.WriteFile(program, files[top+"/domainsync"], 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "version").CombinedOutput()
	if version := strings.Split(top, "_")[1]; err != nil || !strings.Contains(string(out), version) {
		t.Errorf("domainsync version: %v, %s, want %s", err, out, version)
	}
}

// tarFiles reads the regular files of a tar archive.
func tarFiles(t *testing.T, r io.Reader) map[string][]byte {
	t.Helper()
	files := make(map[string][]byte)
	for in := tar.NewReader(r); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[h.Name], err = io.ReadAll(in); err != nil {
			t.Fatal(err)
		}
	}
}

// checksums reads sums by file.
func checksums(t *testing.T, file string) map[string]string {
	t.Helper()
	sums := make(map[string]string)
	for lines := bufio.NewScanner(strings.NewReader(readText(t, file))); lines.Scan(); {
		if sum, name, ok := strings.Cut(lines.Text(), "  "); ok {
			sums[name] = sum
		}
	}
	return sums
}

// oneFile returns the one file of a directory that matches a pattern.
func oneFile(t *testing.T, dir, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no %s (%v)", dir, pattern, err)
	}
	return files[0]
}
