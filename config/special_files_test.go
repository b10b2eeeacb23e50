//go:build unix

package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/domainsync/domainsync/config"
)

// TestFilesThatAreNone puts what only looks like a file where the configuration
// reads one: it must neither wait nor fill the memory, and says what it found.
func TestFilesThatAreNone(t *testing.T) {
	t.Parallel()
	const sparse = 20 << 30
	made := map[string]func(path string) error{
		"pipe":           func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"sparse":         func(path string) error { return errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, sparse)) },
		"device":         func(path string) error { return os.Symlink("/dev/zero", path) },
		"link outside":   func(path string) error { return os.Symlink("/etc/hosts", path) },
		"link to itself": func(path string) error { return os.Symlink(filepath.Base(path), path) },
		"link to a link": func(path string) error {
			return errors.Join(os.Symlink("/etc/hosts", path+".other"), os.Symlink(filepath.Base(path)+".other", path))
		},
	}
	for kind, makeFile := range made {
		for at, main := range map[string]string{
			"x.hcl":   "",
			"x.csv":   `locals { x = csvdecode(file("x.csv")) }`,
			"x.txt":   `locals { x = file("x.txt") }`,
			"x.tmpl":  `locals { x = templatefile("x.tmpl", {}) }`,
			"sub.txt": `locals { x = split("\n", file("sub.txt")) }`,
		} {
			t.Run(kind+" as "+at, func(t *testing.T) {
				dir := t.TempDir()
				if err := makeFile(filepath.Join(dir, at)); err != nil {
					t.Skipf("this file system has none: %v", err)
				}
				text := main + "\ndomain \"example.com\" {\n  transfer_lock = true\n}\n"
				if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				p, diags := config.Load(dir, config.Options{})
				if p != nil {
					t.Fatal("accepted")
				}
				if said := diags.String(); !strings.Contains(said, at) {
					t.Errorf("it does not name %s: %s", at, said)
				}
			})
		}
	}
}
