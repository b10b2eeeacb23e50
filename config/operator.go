package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/textfile"
)

// An OperatorPolicy is what the operator of a job permits at most, whatever the files of
// its configuration, the command line and people say: those can only narrow it.
type OperatorPolicy struct {
	// Ceilings are those of guards and of the budget, and what a year of a name may
	// cost. What they do not state has no ceiling.
	Ceilings Ceilings
	// Hazards are those of changes that may be made at all, beside [attr.None]; nil: every.
	Hazards []attr.Hazard
	// AutoApprove are those that may be made where no person says yes; nil: every.
	AutoApprove []attr.Hazard
	// ApprovalAge is how long after a person's yes it counts; 0: as long as it was
	// given for.
	ApprovalAge time.Duration
	// PlanAge is how old a saved or reviewed plan may be; 0: as old as who applies it
	// says.
	PlanAge time.Duration
}

// Place returns where a setting such as approval.hazards stands, as file:line; "":
// nowhere.
func (o *OperatorPolicy) Place(setting string) string {
	at, ok := o.Ceilings.Places[setting]
	if !ok {
		return ""
	}
	return place(&at)
}

// WhyForbidden returns why no change of a hazard may be made, whoever approves it; "":
// it may. Nil forbids nothing.
func (o *OperatorPolicy) WhyForbidden(h attr.Hazard) string {
	if o == nil || o.Hazards == nil || h == attr.None || slices.Contains(o.Hazards, h) {
		return ""
	}
	return fmt.Sprintf("the operator's policy permits no change of the hazard %s (%s)", h, o.Place("approval.hazards"))
}

// Unasked returns which of some hazards may be made where no person says yes; nil are
// all.
func (o *OperatorPolicy) Unasked(hazards []attr.Hazard) []attr.Hazard {
	switch {
	case o == nil || o.AutoApprove == nil:
		return hazards
	case hazards == nil:
		return o.AutoApprove
	}
	return slices.DeleteFunc(slices.Clone(hazards), func(h attr.Hazard) bool { return !slices.Contains(o.AutoApprove, h) })
}

// WhyTooDear returns why a purchase for a name may not be made that costs so much at
// most, "" where it may. price is that of the attribute that buys. Nil permits every
// price.
func (o *OperatorPolicy) WhyTooDear(name string, cost *attr.Cost, price func(*attr.Prices) *attr.Amount) string {
	if o == nil || price == nil || !cost.Bounded() {
		return ""
	}
	suffix, kinds := o.Ceilings.pricesOf(name)
	most := price(kinds)
	if most == nil {
		return ""
	}
	currency := defaultCurrency
	if b := o.Ceilings.Budget; b != nil {
		currency = b.Currency
	}
	if currency != cost.Currency {
		return fmt.Sprintf("it may cost %s %s, and the operator's policy states prices in %s (%s)", cost.Amount, cost.Currency, currency, o.placeOfPrices(suffix))
	}
	if bound := *most * attr.Amount(max(cost.Years, 1)); cost.Amount > bound {
		return fmt.Sprintf("it may cost %s %s, and the operator's policy permits %s (%s)", cost.Amount, cost.Currency, bound, o.placeOfPrices(suffix))
	}
	return ""
}

func (o *OperatorPolicy) placeOfPrices(suffix string) string {
	return o.Place("prices." + suffix + ".renew") // those of one suffix stand together
}

// pricesOf returns the prices of the longest suffix of a name that the ceilings state,
// and the suffix.
func (c *Ceilings) pricesOf(name string) (suffix string, p *attr.Prices) {
	_, below, _ := strings.Cut(name, ".")
	suffix, p = c.priced(below), new(attr.Prices)
	for kind, price := range pricesByKind(p) {
		if most, ok := c.Prices[suffix+"/"+kind]; ok {
			*price = &most
		}
	}
	return suffix, p
}

// StatesMoney reports whether there are ceilings of what is bought.
func (o *OperatorPolicy) StatesMoney() bool {
	return o.Ceilings.Budget != nil || len(o.Ceilings.Prices) > 0
}

// policySchema lists the blocks of a policy.
var policySchema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "guard"}, {Type: "budget"}, {Type: "prices"}, {Type: "approval"}}}

// policyBytes bounds a policy: it has one line or two for each suffix.
const policyBytes = 1 << 20

// LoadOperatorPolicy reads the file of an operator's policy: the blocks guard, budget and
// prices of a configuration, and approval. It may read no other file, and refers to no
// variable. The policy is nil where a diagnostic is an error.
func LoadOperatorPolicy(path string) (*OperatorPolicy, Diagnostics) {
	src, err := readPolicy(path)
	if err != nil {
		return nil, Diagnostics{Diagnostics: hcl.Diagnostics{{
			Severity: hcl.DiagError, Summary: "The policy cannot be read",
			Detail: fmt.Sprintf("%q, which says what may be done at most, cannot be read: %v. Nothing is done without it: mend that, or leave out --policy where there is none.", path, cause(err)),
		}}}
	}
	l := newLoader(emptyFS{}, reach{}, DefaultBounds())
	l.files.sources[path] = src
	o := l.operatorPolicy(path, src)
	diags := newDiagnostics(l.diags, l.files.all())
	diags.values = map[string][]byte{path: src} // its places are paths from where the process runs
	if diags.HasErrors() {
		return nil, diags
	}
	return o, diags
}

// emptyFS is a file system without files.
type emptyFS struct{}

// Open finds nothing.
func (emptyFS) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func readPolicy(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	var b bytes.Buffer
	if _, err := b.ReadFrom(io.LimitReader(file, policyBytes+1)); err != nil {
		return nil, err
	}
	if b.Len() > policyBytes {
		return nil, fmt.Errorf("it has more than %s", megabytes(policyBytes))
	}
	src, err := textfile.Decode(b.Bytes())
	return unixSource(src), err
}

// operatorPolicy reads the blocks of a policy, as those of a configuration that declares
// nothing.
func (l *loader) operatorPolicy(path string, src []byte) *OperatorPolicy {
	diags := eachBody(src, path, chunkSize, l.meter.bounds, func(body hcl.Body) {
		l.instrument(body)
		content, diags := body.Content(policySchema)
		for _, d := range diags {
			if d.Summary == "Unsupported block type" {
				d.Detail += " A policy has guard, budget, prices and approval blocks."
			}
		}
		l.diags = append(l.diags, diags...)
		for _, block := range content.Blocks {
			l.addSingle(block)
		}
	})
	l.diags = append(l.diags, diags...)
	o := new(OperatorPolicy)
	if b := l.singles["guard"]; b != nil {
		l.evaluateGuard(b)
		if at, ok := l.portfolio.Places["guard.registrant_transfer_prohibition"]; ok {
			l.errorAt(&at, "Not a ceiling", "registrant_transfer_prohibition says what is asked for with a new registrant, and permits neither more nor less: it stands in the files of the configuration.")
		}
	}
	if b := l.singles["budget"]; b != nil {
		l.evaluateBudget(b)
	}
	if b := l.singles["prices"]; b != nil {
		l.evaluatePrices(b)
	}
	if b := l.singles["approval"]; b != nil {
		l.evaluateApproval(b, o)
	}
	o.Ceilings = *l.portfolio.Ceilings()
	o.Ceilings.Whole, o.Ceilings.Places = false, l.portfolio.Places
	if l.meter.stopped() {
		l.diags = append(l.diags, l.meter.exceeded)
	}
	if !l.diags.HasErrors() && o.permitsEverything() {
		l.errorAt(&hcl.Range{Filename: path, Start: hcl.InitialPos, End: hcl.InitialPos}, "The policy permits everything",
			"It states no ceiling, as a file that was cut off. State one in a guard, budget, prices or approval block, or leave out --policy.")
	}
	return o
}

// permitsEverything reports whether a policy states nothing.
func (o *OperatorPolicy) permitsEverything() bool {
	return len(o.Ceilings.Guards) == 0 && !o.Ceilings.StopAll && !o.StatesMoney() &&
		o.Hazards == nil && o.AutoApprove == nil && o.ApprovalAge == 0 && o.PlanAge == 0
}

// evaluateApproval reads which changes may be made, who has to say yes, and for how long
// that counts.
func (l *loader) evaluateApproval(block *hcl.Block, o *OperatorPolicy) {
	args := l.arguments(block)
	l.placeArguments("approval", args)
	o.Hazards = l.hazards(args["hazards"])
	o.AutoApprove = l.hazards(args["auto_approve"])
	for name, to := range map[string]*time.Duration{"max_age": &o.ApprovalAge, "max_plan_age": &o.PlanAge} {
		if a := args[name]; a != nil {
			*to = l.approvalAge(a)
		}
	}
}

// hazards reads a list of hazards; nil: none is given. One that is given is not nil.
func (l *loader) hazards(a *hcl.Attribute) []attr.Hazard {
	if a == nil {
		return nil
	}
	v, ok := l.value(a.Expr, inBlock)
	if !ok || v.IsNull() {
		return nil
	}
	list, err := convert.Convert(v, cty.List(cty.String))
	if err != nil || !list.IsWhollyKnown() {
		l.errorAt(a.Expr.Range().Ptr(), "Wrong type", `%s must be a list of hazards, such as ["lock", "money"], not %s.`, a.Name, describe(v))
		return nil
	}
	known, found := make([]string, 0, len(attr.Hazards())), []attr.Hazard{}
	for _, h := range attr.Hazards() {
		known = append(known, string(h))
	}
	for _, x := range list.AsValueSlice() {
		if x.IsNull() || !slices.Contains(known, x.AsString()) {
			name := ""
			if !x.IsNull() {
				name = x.AsString()
			}
			l.errorAt(a.Expr.Range().Ptr(), "Unknown hazard", "No hazard is called %q. There are %s.%s", name, strings.Join(known, ", "), didYouMean(name, known))
			continue
		}
		found = append(found, attr.Hazard(x.AsString()))
	}
	return found
}

// mostApprovalAge is longer than anything is waited for.
const mostApprovalAge = 366 * 24 * time.Hour

func (l *loader) approvalAge(a *hcl.Attribute) time.Duration {
	v, ok := l.convert(a.Expr, cty.String, a.Name, `a duration such as "72h"`)
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(v.AsString())
	if err != nil || d <= 0 || d > mostApprovalAge {
		l.errorAt(a.Expr.Range().Ptr(), "Not a duration", "%s must be a duration above 0 and up to a year, such as \"72h\" for three days; it is %q.", a.Name, v.AsString())
		return 0
	}
	return d
}
