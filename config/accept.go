package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/words"
)

// acceptBlock is the type of the blocks that say which warnings of the files are known.
const acceptBlock = "accept"

// An acceptance says that somebody knows of the warnings of one kind about some subjects.
type acceptance struct {
	args    hcl.Attributes
	label   string
	source  *hcl.Range
	warning string          // the title of the warnings
	named   map[string]bool // the subjects, and whether a warning is about them
}

// warned is what a diagnostic carries that is about one subject, of which it is not known
// yet whether somebody accepts it.
type warned struct{ subject string }

// addAccept keeps an accept block.
func (l *loader) addAccept(block *hcl.Block) {
	if l.claim(block) {
		l.accepted = append(l.accepted, &acceptance{args: l.arguments(block), label: block.Labels[0], source: header(block)})
	}
}

// evaluateAccepted computes the accept blocks. They are known before the names are
// computed, most warnings being of names.
func (l *loader) evaluateAccepted() {
	for _, a := range l.accepted {
		a.named = make(map[string]bool)
		if x := a.args["warning"]; x != nil {
			a.warning, _ = l.text(x.Expr, "warning")
		}
		if x := a.args["reason"]; x != nil {
			if reason, ok := l.text(x.Expr, "reason"); ok && strings.TrimSpace(reason) == "" {
				l.errorAt(x.Expr.Range().Ptr(), "No reason", "accept %q says nothing in reason: whoever reads it has to know why the warning is meant.", a.label)
			}
		}
		x := a.args["names"]
		if x == nil {
			continue
		}
		v, ok := l.convert(x.Expr, cty.List(cty.String), "names", `a list of what the warnings are about, such as ["example.com"]`)
		if !ok {
			continue
		}
		for it := v.ElementIterator(); it.Next(); {
			if _, e := it.Element(); !e.IsNull() {
				a.named[subjectKey(e.AsString())] = false
			}
		}
	}
}

// subjectKey is a subject as subjects are compared: names of domains are written in
// several ways.
func subjectKey(subject string) string {
	if name, err := wire.CanonicalName(subject); err == nil {
		return name
	}
	return subject
}

// accepts reports whether somebody knows of what a diagnostic says of a subject.
func (l *loader) accepts(d *hcl.Diagnostic, subject string) bool {
	if d.Severity != hcl.DiagWarning || len(l.accepted) == 0 {
		return false
	}
	known := false
	for _, a := range l.accepted {
		if key := subjectKey(subject); a.warning == d.Summary {
			if _, named := a.named[key]; named {
				a.named[key], known = true, true
			}
		}
	}
	return known
}

// dropAccepted drops the warnings that are left and that somebody knows of, and tells of
// what is accepted and not there.
func (l *loader) dropAccepted() {
	l.diags = slices.DeleteFunc(l.diags, func(d *hcl.Diagnostic) bool {
		w, ok := d.Extra.(warned)
		return ok && l.accepts(d, w.subject)
	})
	if l.diags.HasErrors() {
		return // not everything was looked at
	}
	for _, a := range l.accepted {
		var idle []string
		for _, name := range sortedKeys(a.named) {
			if !a.named[name] {
				idle = append(idle, display(name))
			}
		}
		if len(idle) == 0 && len(a.named) > 0 {
			continue
		}
		of := "nothing"
		if len(idle) > 0 {
			of = words.List(idle[:min(len(idle), shownNames)], max(0, len(idle)-shownNames))
		}
		l.diags = append(l.diags, &hcl.Diagnostic{
			Severity: hcl.DiagWarning, Summary: "Accepted warning is not there", Subject: a.source,
			Detail: fmt.Sprintf("accept %q: no warning %q is about %s. Take that out before it accepts something new, or copy the title of the warning.", a.label, a.warning, of),
		})
	}
}
