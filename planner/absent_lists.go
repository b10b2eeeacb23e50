package planner

import (
	"fmt"
	"slices"
	"strings"
)

// AbsentListsAdvice is the way out where a service leaves empty lists out.
const AbsentListsAdvice = `where the service leaves out lists that are empty, say absent_lists = "none" in the account block`

// absentLists warns of answers without a list, and says what to do. It warns
// once, not for each name.
func (p *Plan) absentLists() {
	var operations []string
	names := make(map[string]bool)
	for i := range p.Failures {
		if f := &p.Failures[i]; f.AbsentList {
			operations = append(operations, f.Operation)
			names[f.Domain] = true
		}
	}
	if len(operations) == 0 {
		return
	}
	slices.Sort(operations)
	p.Diagnostics = append(p.Diagnostics, Diagnostic{
		Severity: SeverityWarning, Summary: "Answers without their list",
		Detail: fmt.Sprintf("%s answered without a list for %d of the names. Such a list may be empty, or have got lost, and what it would tell is unknown: %s.",
			strings.Join(slices.Compact(operations), ", "), len(names), AbsentListsAdvice),
	})
}
