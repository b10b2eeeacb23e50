package config_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/domainsync/domainsync/config"
)

// endless is a file system in which some directories have entries without end.
type endless struct {
	fs.FS
	looked *int // entries that were asked for
}

func (e endless) Open(name string) (fs.File, error) {
	file, err := e.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, "endless") {
		return file, err
	}
	return endlessDirectory{file, e.looked}, nil
}

type endlessDirectory struct {
	fs.File
	looked *int
}

// ReadDir returns as many entries as are asked for.
func (d endlessDirectory) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = 1_000_000 // and more
	}
	*d.looked += n
	info, err := d.Stat()
	entries := make([]fs.DirEntry, n)
	for i := range entries {
		entries[i] = fs.FileInfoToDirEntry(info)
	}
	return entries, err
}

// TestWhatIsNotReadIsBounded: whatever lies in directories below a configuration, no
// more of it is looked at than of the directory itself.
func TestWhatIsNotReadIsBounded(t *testing.T) {
	t.Parallel()
	looked := 0
	files := fstest.MapFS{"main.hcl": {Data: []byte("domain \"example.com\" {\n}\n")}}
	for _, dir := range []string{"a-endless", "b-endless", "c-endless"} {
		files[dir+"/x.hcl"] = &fstest.MapFile{}
	}
	if _, diags := config.LoadFS(endless{files, &looked}, config.Options{}); diags.HasErrors() {
		t.Error(diags)
	}
	if looked == 0 || looked > 100_000 {
		t.Errorf("%d entries were asked for", looked)
	}
}
