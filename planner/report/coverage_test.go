package report_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// rawAnswers answers the checks of the coverage from the members of a snapshot.
func rawAnswers(d *snapshot.Domain) map[string]string {
	lock := map[wire.LockStatus]string{"": "unknown", wire.LockOn: "yes", wire.LockOff: "no"}
	answers := map[string]string{
		"transfer_locked": lock[d.TransferLock], "update_locked": lock[d.UpdateLock],
		"signed": "unknown", "private": "unknown", "email_verified": "unknown", "real_name_verified": "no",
	}
	if d.DSRecords != nil {
		answers["signed"] = map[bool]string{true: "yes", false: "no"}[len(d.DSRecords) != 0]
	}
	if d.Privacy != nil {
		answers["private"] = map[bool]string{true: "yes", false: "no"}[*d.Privacy]
	}
	if d.RegistrantUpdating != "" {
		answers["email_verified"] = map[bool]string{false: "yes", true: "no"}[d.EmailUnverified]
	}
	switch d.RealName {
	case "":
		answers["real_name_verified"] = "unknown"
	case "SUCCEED", "SUCCEEDED":
		answers["real_name_verified"] = "yes"
	}
	return answers
}

// TestCoverageIsAsTheSnapshotCounts counts the answers in the snapshot itself, by group
// and by suffix.
func TestCoverageIsAsTheSnapshotCounts(t *testing.T) {
	t.Parallel()
	eachDrawn(t, func(t *testing.T, in planner.Input, r *report.Report) {
		labels := make(map[string]string)
		for _, d := range in.Portfolio.Domains {
			labels[d.Name] = d.Settings.Labels.Map()["owner"]
			if r.By == "template" { // nothing that was drawn has a label
				labels[d.Name] = d.Template
			}
		}
		want := make(map[string]int)
		for i := range in.Live.Domains {
			d := &in.Live.Domains[i]
			for check, answer := range rawAnswers(d) {
				for _, row := range []string{"all", "suffix " + suffixOf(d.Name), "group " + labels[d.Name]} {
					want[row+" "+check+" "+answer]++
				}
			}
		}
		if diff := cmp.Diff(want, toldAnswers(&r.Coverage)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// toldAnswers are the counts of a coverage that are not 0.
func toldAnswers(c *report.Coverage) map[string]int {
	counts := make(map[string]int)
	note := func(name string, row *report.CoverageRow) {
		for i, a := range row.Answers {
			for answer, n := range map[string]int{"yes": a.Yes, "no": a.No, "unknown": a.Unknown} {
				if n > 0 {
					counts[fmt.Sprintf("%s %s %s", name, c.Checks[i].ID, answer)] = n
				}
			}
		}
	}
	note("all", &c.Total)
	for i := range c.Groups {
		note("group "+c.Groups[i].Key, &c.Groups[i])
	}
	for i := range c.Suffixes {
		note("suffix "+c.Suffixes[i].Key, &c.Suffixes[i])
	}
	return counts
}

// TestGroupsAreByLabelOrTemplate: the label that most names have is what they are grouped
// by, unless another one, or the template, is asked for.
func TestGroupsAreByLabelOrTemplate(t *testing.T) {
	t.Parallel()
	in, _ := everythingOf(t)
	in.Portfolio.Domains[1].Template = "corp"
	plan := planner.Diff(in)
	for by, want := range map[string]struct {
		by, group string // and the group of the first name
		groups    []string
	}{
		"":                {"labels.owner", "web", []string{"web", ""}},
		"owner":           {"labels.owner", "web", []string{"web", ""}},
		"labels.owner":    {"labels.owner", "web", []string{"web", ""}},
		"template":        {"template", "", []string{"corp", ""}},
		"cost_centre":     {"labels.cost_centre", "", []string{""}},
		"labels.template": {"labels.template", "", []string{""}},
	} {
		r := report.New(in, plan, report.Options{By: by})
		if r.By != want.by || r.Names[0].Group != want.group || !cmp.Equal(r.Groups, want.groups) {
			t.Errorf("by %q: %s, %q, %q", by, r.By, r.Names[0].Group, r.Groups)
		}
	}
}
