package render_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// TestOrderDoesNotMatter is the law that the order of files, of blocks and of
// what the service answers changes nothing of a plan but the places to which it
// points.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, file := range scenarioFiles(t) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, want := runScenario(t, archive)
		if want == nil {
			continue
		}
		checked++
		_, got := runScenario(t, reversed(t, archive))
		if diff := cmp.Diff(plain(t, placeless(want)), plain(t, placeless(got))); diff != "" {
			t.Errorf("%s: %s", filepath.Base(file), diff)
		}
	}
	if checked < 30 {
		t.Errorf("only %d scenarios have a plan", checked)
	}
}

// reversed turns around whatever has an order in a scenario's input.
func reversed(t *testing.T, archive *txtar.Archive) *txtar.Archive {
	t.Helper()
	turned := &txtar.Archive{}
	for i, f := range archive.Files {
		switch {
		case strings.HasSuffix(f.Name, config.TestSuffix):
		case filepath.Ext(f.Name) == ".hcl":
			f = txtar.File{Name: filepath.Join(filepath.Dir(f.Name), string(rune('z'-i))+".hcl"), Data: reverseBlocks(t, f)}
		case f.Name == "live.json":
			f.Data = reverseLive(t, f.Data)
		}
		turned.Files = append(turned.Files, f)
	}
	return turned
}

func reverseBlocks(t *testing.T, f txtar.File) []byte {
	t.Helper()
	file, diags := hclwrite.ParseConfig(f.Data, f.Name, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	out := hclwrite.NewEmptyFile()
	for _, b := range slices.Backward(file.Body().Blocks()) {
		file.Body().RemoveBlock(b)
		out.Body().AppendBlock(b)
	}
	return out.Bytes()
}

func reverseLive(t *testing.T, data []byte) []byte {
	t.Helper()
	live, err := snapshot.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(live.Domains)
	slices.Reverse(live.Failures)
	for i := range live.Domains {
		slices.Reverse(live.Domains[i].Nameservers)
		slices.Reverse(live.Domains[i].DSRecords)
	}
	var b strings.Builder
	if err := snapshot.Write(&b, live); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}

// placeless is the plan without the places in the files of its changes,
// diagnostics and checks.
func placeless(p *planner.Plan) *planner.Plan {
	q := *p
	q.ConfigHash = "" // of the text of the files
	q.Changes = slices.Clone(p.Changes)
	for i := range q.Changes {
		q.Changes[i].Source = attr.Source{}
	}
	q.Diagnostics = slices.Clone(p.Diagnostics)
	for i := range q.Diagnostics {
		q.Diagnostics[i].Source = nil
	}
	q.Checks = slices.Clone(p.Checks)
	for i := range q.Checks {
		q.Checks[i].Source = attr.Source{}
	}
	return &q
}
