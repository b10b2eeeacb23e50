package config_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/domainsync/domainsync/config"
)

// TestNamesOfFiles: of the files of a directory some make the configuration, some test
// it, and all but hidden ones are formatted. A directory is read within a bound.
func TestNamesOfFiles(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"b.hcl": {}, "a.hcl": {}, "a.test.hcl": {}, "a.auto.vars.hcl": {}, "fleet.hcl": {}, ".a.hcl": {}, ".a.test.hcl": {}, "a.txt": {}, "test.hcl/x.hcl": {}, "d.test.hcl/x.test.hcl": {}}
	looked := 0
	bottomless, err := fs.Sub(endless{fstest.MapFS{"endless/x.hcl": {}}, &looked}, "endless")
	if err != nil {
		t.Fatal(err)
	}
	for kind, test := range map[string]struct {
		names func(fs.FS) ([]string, error)
		want  []string
	}{
		"source": {config.SourceNames, []string{"a.hcl", "b.hcl"}},
		"test":   {config.TestNames, []string{"a.test.hcl"}},
		"format": {config.FormattedNames, []string{"a.auto.vars.hcl", "a.hcl", "a.test.hcl", "b.hcl", "fleet.hcl"}},
	} {
		if got, err := test.names(files); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: %v (%v), want %v", kind, got, err, test.want)
		}
		looked = 0
		if _, err := test.names(bottomless); err == nil || !strings.Contains(err.Error(), "100,000") || looked > 100_001 {
			t.Errorf("%s: of an endless directory %d entries are read (%v)", kind, looked, err)
		}
	}
}
