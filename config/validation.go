package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// A validation is what must hold of a variable's value.
type validation struct {
	condition, message hcl.Expression
	at                 *hcl.Range
}

// inValidation is what a validation may refer to: locals are computed later.
var inValidation = referenceScope{sensitive: true, each: "A validation refers to variables."}

// addValidations keeps the validation blocks of a variable.
func (l *loader) addValidations(v *variable, blocks hcl.Blocks) {
	for _, block := range blocks {
		args := l.arguments(block)
		condition, message := args["condition"], args["error_message"]
		if condition != nil && message != nil {
			v.validations = append(v.validations, validation{condition.Expr, message.Expr, condition.Expr.Range().Ptr()})
		}
	}
}

// validateVariables checks what variables say of their values, when all of them are known.
func (l *loader) validateVariables() {
	for _, name := range sortedKeys(l.variables) {
		v := l.variables[name]
		for _, check := range v.validations {
			l.validate(v, check)
		}
		v.validations = nil
	}
}

func (l *loader) validate(v *variable, check validation) {
	sensitive, ok := l.ofVariables(check.condition, check.message)
	if !ok {
		return
	}
	held, ok := l.evaluate(check.condition, inValidation)
	if !ok || !v.value.IsWhollyKnown() {
		return // a mistake that was reported where it was made
	}
	decided, err := convert.Convert(held, cty.Bool)
	switch {
	case err != nil || decided.IsNull():
		l.errorAt(check.at, "Wrong type", "A condition is true or false, not %s.", describe(held))
	case decided.False():
		l.errorAt(v.valueAt(), "Invalid value for variable", "%s\n\nThis is what the validation of var.%s at %s says of its value, which comes from %s.",
			l.validationMessage(check, sensitive), v.name, place(check.at), v.origin())
	}
}

// ofVariables reports whether expressions refer to variables only, and whether one of
// these is sensitive.
func (l *loader) ofVariables(exprs ...hcl.Expression) (sensitive, ok bool) {
	ok = true
	for _, expr := range exprs {
		for _, t := range expr.Variables() {
			sensitive = sensitive || l.sensitiveSource(t) != ""
			if t.RootName() != rootVar {
				ok = false
				l.errorAt(t.SourceRange().Ptr(), "Unknown reference", "A validation refers to variables only, such as var.NAME: everything else is computed from them.")
			}
		}
	}
	return sensitive, ok
}

// validationMessage returns what a validation says where it does not hold.
func (l *loader) validationMessage(check validation, sensitive bool) string {
	told, ok := l.evaluate(check.message, inValidation)
	text, err := convert.Convert(told, cty.String)
	switch {
	case !ok || err != nil || text.IsNull():
		return "The value is refused, and the message cannot be computed."
	case sensitive && len(check.message.Variables()) > 0:
		return "The value is refused; the message is not shown, since it tells of a sensitive variable."
	}
	return strings.TrimSpace(text.AsString())
}

// valueAt returns the place of a variable's value: in a file of values, else of the
// variable.
func (v *variable) valueAt() *hcl.Range {
	if v.given != nil {
		return v.given
	}
	return v.source
}

// origin says where a variable's value comes from.
func (v *variable) origin() string {
	if v.from == "" {
		return "the default"
	}
	return v.from
}
