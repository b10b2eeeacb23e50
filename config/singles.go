package config

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// evaluateSingles computes the blocks of which a configuration has one.
func (l *loader) evaluateSingles() {
	l.portfolio.Account = Account{Unmanaged: ReportUnmanaged}
	l.portfolio.Limits = DefaultLimits()
	l.portfolio.Refresh = DefaultRefresh()
	l.portfolio.Guard = DefaultGuard()
	l.portfolio.Alarm = DefaultAlarm()
	if b := l.singles["account"]; b != nil {
		l.evaluateAccount(b)
	}
	if b := l.singles["limits"]; b != nil {
		l.evaluateLimits(b)
	}
	if b := l.singles["refresh"]; b != nil {
		l.evaluateRefresh(b)
	}
	if b := l.singles["retention"]; b != nil {
		l.evaluateRetention(b)
	}
	if b := l.singles["guard"]; b != nil {
		l.evaluateGuard(b)
	}
	if b := l.singles["alarm"]; b != nil {
		l.evaluateAlarm(b)
	}
	if b := l.singles["drift"]; b != nil {
		l.evaluateDrift(b)
	}
	if b := l.singles["budget"]; b != nil {
		l.evaluateBudget(b)
	}
	if b := l.singles["prices"]; b != nil {
		l.evaluatePrices(b)
	}
}

func (l *loader) evaluateAccount(block *hcl.Block) {
	args, account := l.arguments(block), &l.portfolio.Account
	if s, ok := l.textArgument(args["id"]); ok {
		account.ID = s
	}
	if s, ok := l.textArgument(args["endpoint"]); ok {
		account.Endpoint = l.endpoint(args["endpoint"], s)
	}
	if s, ok := l.textArgument(args["profile"]); ok {
		account.Profile = s
	}
	if s, ok := l.textArgument(args["unmanaged"]); ok {
		account.Unmanaged = l.unmanaged(args["unmanaged"], s)
	}
	if s, ok := l.textArgument(args["absent_lists"]); ok {
		account.AbsentLists = l.absentLists(args["absent_lists"], s)
	}
	for _, a := range attr.OfAccount() {
		if x := args[a.Name]; x != nil {
			l.declareOfAccount(a, x.Expr)
		}
	}
}

// declareOfAccount keeps an attribute of the account.
func (l *loader) declareOfAccount(a *attr.Attribute, expr hcl.Expression) {
	v, ok := l.value(expr, inBlock)
	if !ok || v.IsNull() {
		return
	}
	value, problems := a.Decode(v)
	for _, p := range problems {
		l.diags = append(l.diags, problemAt(expr, p))
	}
	if value != nil {
		l.portfolio.Declared = append(l.portfolio.Declared, Declared{Attribute: a, Value: value, Source: expr.Range().Ptr()})
	}
}

func (l *loader) unmanaged(a *hcl.Attribute, s string) Unmanaged {
	known := []Unmanaged{IgnoreUnmanaged, ReportUnmanaged, RefuseUnmanaged}
	if !slices.Contains(known, Unmanaged(s)) {
		l.errorAt(a.Expr.Range().Ptr(), "Unknown value",
			"%q is none of \"ignore\", \"report\" (the default) and \"error\".", s)
	}
	return Unmanaged(s)
}

func (l *loader) absentLists(a *hcl.Attribute, s string) AbsentLists {
	if !slices.Contains([]AbsentLists{AbsentUnknown, AbsentNone}, AbsentLists(s)) {
		l.errorAt(a.Expr.Range().Ptr(), "Unknown value", "%q is none of \"unknown\" (the default) and \"none\".", s)
	}
	return AbsentLists(s)
}

// endpoint checks an address of the service.
func (l *loader) endpoint(a *hcl.Attribute, s string) string {
	endpoint, err := wire.ParseEndpoint(s, wire.FromFile)
	if err != nil {
		l.errorAt(a.Expr.Range().Ptr(), "Endpoint not allowed", "%s", words.Sentence(err))
	}
	return endpoint
}

func (l *loader) evaluateLimits(block *hcl.Block) {
	args, limits := l.arguments(block), &l.portfolio.Limits
	if v, ok := l.number(args["default_qps"]); ok {
		if limits.DefaultQPS = v; v <= 0 {
			l.errorAt(args["default_qps"].Expr.Range().Ptr(), "Limit out of range", "default_qps is a number of calls a second, above 0.")
		}
	}
	if n, ok := l.integer(args["batch_size"], 1, 1000); ok {
		limits.BatchSize = n
	}
	if a := args["batch_profiles"]; a != nil {
		if v, ok := l.convert(a.Expr, cty.Bool, a.Name, "true or false"); ok {
			limits.BatchProfiles = v.True()
		}
	}
	if a := args["qps"]; a != nil {
		l.evaluateQPS(a)
	}
}

func (l *loader) evaluateRefresh(block *hcl.Block) {
	args := l.arguments(block)
	if n, ok := l.integer(args["page_size"], 1, maxPage); ok {
		l.portfolio.Refresh.PageSize = n
	}
	if a := args["max_age"]; a != nil {
		l.evaluateMaxAge(a)
	}
}

// evaluateMaxAge reads after how long names are read again: within bounds in which
// a reading saves calls, and in which what nobody tells is found.
func (l *loader) evaluateMaxAge(a *hcl.Attribute) {
	v, ok := l.convert(a.Expr, cty.String, a.Name, `a duration such as "720h"`)
	if !ok {
		return
	}
	d, err := time.ParseDuration(v.AsString())
	if err != nil || d < time.Hour || d > 366*24*time.Hour {
		l.errorAt(a.Expr.Range().Ptr(), "Not a duration", "max_age must be a duration from \"1h\" to \"8784h\" (a year), such as \"720h\" for 30 days; it is %q.", v.AsString())
		return
	}
	l.portfolio.Refresh.MaxAge = d
}

// maxPage is the largest page that any list of the service is known to have.
const maxPage = 5000

// evaluateQPS reads the limits of single operations.
func (l *loader) evaluateQPS(a *hcl.Attribute) {
	v, ok := l.value(a.Expr, inBlock)
	if !ok || v.IsNull() {
		return
	}
	if !v.Type().IsObjectType() && !v.Type().IsMapType() {
		l.errorAt(a.Expr.Range().Ptr(), "Wrong type", "qps must be a map from operations to calls a second, such as { CheckDomain = 10 }, not %s.", describe(v))
		return
	}
	qps := l.portfolio.Limits.QPS
	for it := v.ElementIterator(); it.Next(); {
		k, x := it.Element()
		name := k.AsString()
		at := rangeOf(a.Expr, cty.Path{cty.IndexStep{Key: k}})
		if known := operations(); !slices.Contains(known, name) {
			l.errorAt(at, "Unknown operation", "This version of domainsync calls no operation %q.%s", name, didYouMean(name, known))
			continue
		}
		n, err := convert.Convert(x, cty.Number)
		if err != nil || n.IsNull() || !n.GreaterThan(cty.Zero).True() {
			l.errorAt(at, "Limit out of range", "%s: this must be a number of calls a second, above 0.", name)
			continue
		}
		qps[name], _ = n.AsBigFloat().Float64()
	}
}

// operations returns the names of the operations that a limit can be set for.
func operations() []string {
	names := maps.Clone(DefaultLimits().QPS)
	for _, o := range wire.Operations() {
		names[o.Name] = 0
	}
	return sortedKeys(names)
}

func (l *loader) evaluateGuard(block *hcl.Block) {
	args, guard := l.arguments(block), &l.portfolio.Guard
	for _, x := range []struct {
		name  string
		limit **int
		most  int
	}{
		{"max_change_percent", &guard.MaxChangePercent, 100},
		{"max_delegations", &guard.MaxDelegations, unlimited},
		{"max_registrant_changes", &guard.MaxRegistrantChanges, unlimited},
		{"max_released", &guard.MaxReleased, unlimited},
		{"max_failures", &guard.MaxFailures, unlimited},
	} {
		if n, ok := l.integer(args[x.name], 0, x.most); ok {
			*x.limit = &n
		}
	}
	l.placeArguments("guard", args)
	if a := args["stop_all"]; a != nil {
		if v, ok := l.convert(a.Expr, cty.Bool, a.Name, "true or false"); ok {
			guard.StopAll = v.True()
		}
	}
	if a := args["registrant_transfer_prohibition"]; a != nil {
		if v, ok := l.convert(a.Expr, cty.Bool, a.Name, "true or false"); ok {
			guard.RegistrantTransferProhibition = new(v.True())
		}
	}
}

// placeArguments keeps where the arguments of a block stand.
func (l *loader) placeArguments(block string, args hcl.Attributes) {
	for name, a := range args {
		l.place(block+"."+name, a.Range)
	}
}

func (l *loader) place(setting string, at hcl.Range) {
	if l.portfolio.Places == nil {
		l.portfolio.Places = make(map[string]hcl.Range)
	}
	l.portfolio.Places[setting] = at
}

const unlimited = 1<<31 - 1

// convert evaluates an argument that stands once. It reports false where it is
// null or wrong.
func (l *loader) convert(expr hcl.Expression, ty cty.Type, name, wanted string) (cty.Value, bool) {
	v, ok := l.value(expr, inBlock)
	if !ok || v.IsNull() {
		return v, false
	}
	c, err := convert.Convert(v, ty)
	if err != nil {
		l.errorAt(expr.Range().Ptr(), "Wrong type", "%s must be %s, not %s.", name, wanted, describe(v))
		return v, false
	}
	return c, true
}

func (l *loader) textArgument(a *hcl.Attribute) (string, bool) {
	if a == nil {
		return "", false
	}
	return l.text(a.Expr, a.Name)
}

func (l *loader) number(a *hcl.Attribute) (float64, bool) {
	if a == nil {
		return 0, false
	}
	v, ok := l.convert(a.Expr, cty.Number, a.Name, "a number")
	if !ok {
		return 0, false
	}
	f, _ := v.AsBigFloat().Float64()
	return f, true
}

func (l *loader) integer(a *hcl.Attribute, least, most int) (int, bool) {
	f, ok := l.number(a)
	if !ok {
		return 0, false
	}
	if n := int(f); float64(n) == f && least <= n && n <= most {
		return n, true
	}
	bounds := fmt.Sprintf("a whole number from %d to %d", least, most)
	if most == unlimited {
		bounds = fmt.Sprintf("a whole number, %d or more", least)
	}
	l.errorAt(a.Expr.Range().Ptr(), "Limit out of range", "%s must be %s.", a.Name, bounds)
	return 0, false
}
