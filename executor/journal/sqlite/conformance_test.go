package sqlite_test

import (
	"context"
	"flag"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/journaltest"
	"github.com/domainsync/domainsync/executor/journal/sqlite"
	"github.com/domainsync/domainsync/executor/journal/store"
)

// record is for the last commit of a version, so that later ones can be held to
// read what it wrote.
var record = flag.String("record", "", "write a journal with the code as it is into testdata, under this `name`")

// TestConformance holds that a directory for each account is a store.
func TestConformance(t *testing.T) {
	journaltest.Run(t, journaltest.Kind{
		New: func(t *testing.T) string { return t.TempDir() },
		Open: func(ctx context.Context, place string, o store.Options) (store.Store, error) {
			return sqlite.Open(ctx, filepath.Join(place, url.PathEscape(o.Endpoint+" "+o.Account)), o)
		},
		Bytes: func(t *testing.T, place string) (all []byte) {
			check(t, filepath.WalkDir(place, func(path string, d fs.DirEntry, err error) error {
				if err == nil && d.Type().IsRegular() {
					all = append(all, must[[]byte](t)(os.ReadFile(path))...)
				}
				return err
			}))
			return all
		},
	})
}

// TestVersions: journals that earlier versions left, one that was closed and one
// whose run was killed, tell what they told those versions, and so does one of
// this version that is kept for later ones. Version 3 told the results of a batch
// by the names of their details, and lost texts that are not UTF-8.
func TestVersions(t *testing.T) {
	t.Parallel()
	if *record != "" {
		dir := t.TempDir()
		j := must[*journal.Journal](t)(journal.Open(t.Context(), dir, journal.Options{}))
		journaltest.Story(t, j)
		check(t, j.Close())
		data := must[[]byte](t)(os.ReadFile(filepath.Join(dir, sqlite.FileName)))
		check(t, os.WriteFile(filepath.Join("testdata", *record+".db"), data, 0o644))
	}
	for _, name := range []string{"version3", "version3-killed", "version5"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, ending := range []string{"", "-wal"} {
				if data, err := os.ReadFile(filepath.Join("testdata", name+".db"+ending)); err == nil {
					check(t, os.WriteFile(filepath.Join(dir, sqlite.FileName+ending), data, 0o600))
				} else if ending == "" {
					t.Fatal(err)
				}
			}
			want := journaltest.Told
			if strings.HasPrefix(name, "version3") {
				want = string(must[[]byte](t)(os.ReadFile("testdata/version3.json")))
			}
			for _, when := range []string{"at first", "once more"} {
				j := must[*journal.Journal](t)(journal.Open(t.Context(), dir, journal.Options{ReadOnly: true}))
				if diff := cmp.Diff(want, journaltest.Tell(t, j)); diff != "" {
					t.Errorf("%s it tells (-before +now):\n%s", when, diff)
				}
				check(t, j.Close())
			}
		})
	}
}
