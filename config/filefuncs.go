package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/domainsync/domainsync/internal/words"
)

// filesetFunc returns the names of files that fit a pattern.
func filesetFunc(f *files) function.Function {
	return function.New(&function.Spec{
		Description: "The names, below a directory of the configuration, of the files that fit a pattern.",
		Params:      []function.Parameter{{Name: "path", Type: cty.String}, {Name: "pattern", Type: cty.String}},
		Type:        function.StaticReturnType(cty.Set(cty.String)),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			names, err := f.list(args[0].AsString(), args[1].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			if len(names) == 0 {
				return cty.SetValEmpty(cty.String), nil
			}
			out := make([]cty.Value, len(names))
			for i, name := range names {
				out[i] = cty.StringVal(name)
			}
			return cty.SetVal(out), nil
		},
	})
}

// list returns the regular files below a directory whose names, from there,
// fit a pattern. Links to directories are not followed, and those that lead out
// of the configuration's directory are nothing; in a library all links are.
func (f *files) list(dir, pattern string) ([]string, error) {
	clean, err := f.inside(dir, "fileset")
	if err != nil {
		return nil, err
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("%q is no pattern", pattern)
	}
	steps := strings.Split(pattern, "/")
	if len(steps) > maxSteps {
		return nil, fmt.Errorf("the pattern has more than %d steps", maxSteps)
	}
	f.sought[Fileset{f.pathOf(clean), pattern}] = true
	names, err := f.matching(clean, steps)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%q cannot be read: %w", dir, cause(err))
	}
	f.listed[f.pathOf(clean)+"\x00"+pattern] = strings.Join(names, "\x00")
	return names, nil
}

// matching returns the regular files below a directory whose names, from there, fit the
// steps of a pattern.
func (f *files) matching(dir string, steps []string) (names []string, err error) {
	if err := f.refuseLinks(dir); err != nil {
		return nil, err
	}
	entries, start := 0, f.nameInRoot(dir)
	err = fs.WalkDir(f.fsys, start, func(name string, _ fs.DirEntry, err error) error {
		if entries++; entries > maxEntries {
			return fmt.Errorf("there are more than %s files and directories", words.Number(maxEntries))
		}
		if err != nil {
			return err
		}
		rest := strings.TrimPrefix(strings.TrimPrefix(name, start), "/")
		if start == "." {
			rest = name
		}
		stat := fs.Stat
		if f.library {
			stat = fs.Lstat
		}
		if info, err := stat(f.fsys, name); err == nil && info.Mode().IsRegular() && matchesPattern(strings.Split(rest, "/"), steps) {
			names = append(names, rest)
		}
		return nil
	})
	return names, err
}

// maxSteps bounds the parts of a pattern between slashes.
const maxSteps = 32

// matchesPattern reports whether the steps of a path fit those of a pattern, in
// which ** stands for any number of steps.
func matchesPattern(name, pattern []string) bool {
	// reach[j] says whether the steps until now fit the first j of the pattern.
	reach := make([]bool, len(pattern)+1)
	reach[0] = true
	skip := func() {
		for j, p := range pattern {
			reach[j+1] = reach[j+1] || p == "**" && reach[j]
		}
	}
	skip()
	for _, step := range name {
		next := make([]bool, len(reach))
		for j, p := range pattern {
			if p == "**" {
				next[j+1] = reach[j+1] || reach[j]
				next[j] = next[j] || reach[j]
				continue
			}
			ok, _ := path.Match(p, step)
			next[j+1] = next[j+1] || ok && reach[j]
		}
		reach = next
		skip()
	}
	return reach[len(pattern)]
}

// templateFileFunc computes a template that is a file.
func templateFileFunc(f *files, m *meter) function.Function {
	return function.New(&function.Spec{
		Description: "The text of a template, a file below the configuration's directory, with the values of its variables.",
		Params:      []function.Parameter{{Name: "path", Type: cty.String}, {Name: "vars", Type: cty.DynamicPseudoType}},
		Type:        function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			ctx, err := f.templateScope(args[1], m)
			if err != nil {
				return cty.NilVal, function.NewArgError(1, err)
			}
			expr, err := f.template(args[0].AsString(), m)
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			for _, t := range expr.Variables() {
				if _, ok := ctx.Variables[t.RootName()]; !ok {
					return cty.NilVal, function.NewArgErrorf(1, "there is no value for %q, which %s line %d refers to",
						t.RootName(), args[0].AsString(), t.SourceRange().Start.Line)
				}
			}
			v, diags := expr.Value(ctx)
			if diags.HasErrors() {
				return cty.NilVal, function.NewArgError(0, firstDiagnostic(diags))
			}
			return v, nil
		},
	})
}

// templateScope is what a template can refer to. A template cannot call another
// one: it could call itself.
func (f *files) templateScope(vars cty.Value, m *meter) (*hcl.EvalContext, error) {
	if ty := vars.Type(); !ty.IsObjectType() && !ty.IsMapType() {
		return nil, fmt.Errorf("the values of a template are a map, not %s", describe(vars))
	}
	values := vars.AsValueMap()
	for _, name := range sortedKeys(values) {
		if !hclsyntax.ValidIdentifier(name) {
			return nil, fmt.Errorf("%q is no name of a variable: such begins with a letter and holds letters, digits, - and _", name)
		}
	}
	if f.callable == nil {
		f.callable = functions(f, m)
		delete(f.callable, "templatefile")
	}
	return &hcl.EvalContext{Variables: values, Functions: f.callable}, nil
}

// template reads a template, once.
func (f *files) template(name string, m *meter) (hclsyntax.Expression, error) {
	clean, err := f.inside(name, "templatefile")
	if err != nil {
		return nil, err
	}
	at := f.pathOf(clean)
	if expr := f.templates[at]; expr != nil {
		return expr, nil
	}
	v, err := f.text(name)
	if err != nil {
		return nil, err
	}
	src := []byte(v.AsString())
	if len(src) > m.bounds.LineSize {
		return nil, fmt.Errorf("the template %q has more than %s; %s", name, megabytes(m.bounds.LineSize), raiseFileLimits)
	}
	if d := checkTemplate(src, at, m.bounds); d != nil {
		return nil, firstDiagnostic(hcl.Diagnostics{d})
	}
	expr, diags := hclsyntax.ParseTemplate(src, at, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, firstDiagnostic(diags)
	}
	f.templates[at] = m.instrument(expr)
	return f.templates[at], nil
}

// firstDiagnostic returns the first mistake as an error.
func firstDiagnostic(diags hcl.Diagnostics) error {
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			return fmt.Errorf("%s: %s: %s", place(d.Subject), d.Summary, d.Detail)
		}
	}
	return nil
}
