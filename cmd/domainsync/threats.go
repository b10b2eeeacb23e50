package main

import (
	"fmt"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/planner"
)

// threatsShown is how many threats to an account are told, the severest first.
const threatsShown = 20

// reportThreats prints what threatens the names of an account.
func (a *app) reportThreats(live *planner.Live) {
	all := planner.Threats(live)
	for _, t := range all[:min(len(all), threatsShown)] {
		by := ""
		if !t.Deadline.IsZero() {
			by = ", by " + attr.Date(t.Deadline)
		}
		fmt.Fprintf(a.stderr, "%s: %s (%s%s)\n", inert.Text(wire.UnicodeName(t.Domain)), t.Summary, t.Severity, by)
	}
	if n := len(all) - threatsShown; n > 0 {
		fmt.Fprintf(a.stderr, "… and %d more threats\n", n)
	}
}
