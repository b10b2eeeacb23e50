package main

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/metrics"
)

const alerts = deployDir + "/prometheus"

// TestAlertRules has Prometheus' own program read the alert rules, and play nights
// against them.
func TestAlertRules(t *testing.T) {
	t.Parallel()
	needCommands(t, "promtool")
	for _, args := range [][]string{
		{"check", "rules", "--lint=all", "--lint-fatal", "domainsync.rules.yml", "domainsync-fleet.rules.yml"},
		{"test", "rules", "domainsync.test.yml", "domainsync-fleet.test.yml"},
	} {
		cmd := exec.CommandContext(t.Context(), "promtool", args...)
		cmd.Dir = alerts
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

var (
	metricInRule    = regexp.MustCompile(`domainsync_\w+`)
	conditionInRule = regexp.MustCompile(`condition="(\w+)"`)
	alertInRules    = regexp.MustCompile(`(?m)^ +- alert: (\w+)$`)
)

// TestAlertRulesAreOfMetricsThatExist: a name that nothing writes never alarms.
func TestAlertRulesAreOfMetricsThatExist(t *testing.T) {
	t.Parallel()
	rules := readText(t, alerts+"/domainsync.rules.yml") + readText(t, alerts+"/domainsync-fleet.rules.yml")
	played := readText(t, alerts+"/domainsync.test.yml") + readText(t, alerts+"/domainsync-fleet.test.yml")
	var names, kinds []string
	for _, d := range slices.Concat(metrics.Descriptions(), metrics.FleetDescriptions()) {
		names = append(names, d.Name)
	}
	for _, k := range job.ConditionKinds() {
		kinds = append(kinds, k.ID)
	}
	for _, name := range metricInRule.FindAllString(rules+played, -1) {
		if !slices.Contains(names, name) {
			t.Errorf("no metric is called %s", name)
		}
	}
	for _, found := range conditionInRule.FindAllStringSubmatch(rules+played, -1) {
		if !slices.Contains(kinds, found[1]) {
			t.Errorf("no condition is called %s", found[1])
		}
	}
	page := readText(t, "../../docs/monitoring.md")
	found := alertInRules.FindAllStringSubmatch(rules, -1)
	if len(found) < 5 {
		t.Fatalf("%d alerts were found", len(found))
	}
	for _, alert := range found {
		if !strings.Contains(played, "alertname: "+alert[1]+"\n") {
			t.Errorf("the alert %s is never played to its end", alert[1])
		}
		if strings.Contains(alert[1], "Fleet") || strings.Contains(alert[1], "Job") {
			if !strings.Contains(page, "| `"+alert[1]+"` | ") {
				t.Errorf("docs/monitoring.md says nothing of %s", alert[1])
			}
		}
	}
}
