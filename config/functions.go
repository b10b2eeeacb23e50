package config

import (
	"time"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	yaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// functions returns what expressions can call. None of them reaches a network
// or the environment; file, fileset and templatefile read below the
// configuration's directory.
func functions(f *files, m *meter) map[string]function.Function {
	all := library(f, m)
	for name, fn := range all {
		if !lazyFunctions[name] {
			all[name] = m.bound(name, fn)
		}
	}
	return all
}

// lazyFunctions are the functions that take expressions and not their values:
// what these cost is counted where they are evaluated.
var lazyFunctions = map[string]bool{"can": true, "try": true}

// library returns the functions as they are, without bounds.
func library(f *files, m *meter) map[string]function.Function {
	return map[string]function.Function{
		"abs":             stdlib.AbsoluteFunc,
		"alltrue":         allTrueFunc,
		"anytrue":         anyTrueFunc,
		"can":             tryfunc.CanFunc,
		"ceil":            stdlib.CeilFunc,
		"chomp":           stdlib.ChompFunc,
		"chunklist":       stdlib.ChunklistFunc,
		"coalesce":        coalesceFunc,
		"coalescelist":    coalesceListFunc,
		"compact":         stdlib.CompactFunc,
		"concat":          stdlib.ConcatFunc,
		"contains":        containsFunc(m),
		"csvdecode":       csvFunc(f),
		"distinct":        distinctFunc,
		"element":         elementFunc,
		"endswith":        endsWithFunc,
		"file":            fileFunc(f),
		"fileset":         filesetFunc(f),
		"flatten":         stdlib.FlattenFunc,
		"floor":           stdlib.FloorFunc,
		"format":          stdlib.FormatFunc,
		"formatdate":      stdlib.FormatDateFunc,
		"formatlist":      stdlib.FormatListFunc,
		"indent":          stdlib.IndentFunc,
		"index":           indexFunc(m),
		"join":            stdlib.JoinFunc,
		"jsondecode":      stdlib.JSONDecodeFunc,
		"jsonencode":      stdlib.JSONEncodeFunc,
		"keys":            stdlib.KeysFunc,
		"length":          lengthFunc,
		"log":             stdlib.LogFunc,
		"lookup":          lookupFunc,
		"lower":           stdlib.LowerFunc,
		"max":             stdlib.MaxFunc,
		"merge":           stdlib.MergeFunc,
		"min":             stdlib.MinFunc,
		"nonsensitive":    revealFunc(f),
		"one":             oneFunc,
		"parseint":        stdlib.ParseIntFunc,
		"pow":             stdlib.PowFunc,
		"range":           stdlib.RangeFunc,
		"regex":           stdlib.RegexFunc,
		"regexall":        stdlib.RegexAllFunc,
		"regexreplace":    stdlib.RegexReplaceFunc,
		"replace":         stdlib.ReplaceFunc,
		"reverse":         stdlib.ReverseListFunc,
		"setintersection": setIntersectionFunc(m),
		"setproduct":      stdlib.SetProductFunc,
		"setsubtract":     setSubtractFunc(m),
		"setunion":        stdlib.SetUnionFunc,
		"signum":          stdlib.SignumFunc,
		"slice":           sliceFunc,
		"sort":            stdlib.SortFunc,
		"split":           stdlib.SplitFunc,
		"startswith":      startsWithFunc,
		"strrev":          stdlib.ReverseFunc,
		"substr":          stdlib.SubstrFunc,
		"sum":             sumFunc,
		"templatefile":    templateFileFunc(f, m),
		"timeadd":         stdlib.TimeAddFunc,
		"timecmp":         timeCompareFunc,
		"title":           stdlib.TitleFunc,
		"tobool":          toBoolFunc,
		"tolist":          toCollectionFunc(cty.List(cty.DynamicPseudoType)),
		"tomap":           toCollectionFunc(cty.Map(cty.DynamicPseudoType)),
		"tonumber":        stdlib.MakeToFunc(cty.Number),
		"toset":           toCollectionFunc(cty.Set(cty.DynamicPseudoType)),
		"tostring":        stdlib.MakeToFunc(cty.String),
		"trim":            stdlib.TrimFunc,
		"trimprefix":      stdlib.TrimPrefixFunc,
		"trimspace":       stdlib.TrimSpaceFunc,
		"trimsuffix":      stdlib.TrimSuffixFunc,
		"try":             tryfunc.TryFunc,
		"upper":           stdlib.UpperFunc,
		"values":          stdlib.ValuesFunc,
		"yamldecode":      yaml.YAMLDecodeFunc,
		"zipmap":          stdlib.ZipmapFunc,
	}
}

// timeCompareFunc compares two times, which may be of different zones.
var timeCompareFunc = function.New(&function.Spec{
	Description: "Returns -1 where a time is before another one, 1 where it is after it, and 0 where they are the same.",
	Params:      []function.Parameter{{Name: "time", Type: cty.String}, {Name: "other", Type: cty.String}},
	Type:        function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		var times [2]time.Time
		for i, a := range args {
			t, err := time.Parse(time.RFC3339, a.AsString())
			if err != nil {
				return cty.NilVal, function.NewArgErrorf(i, "%q is no time: write it as in \"2026-12-01T00:00:00Z\"", a.AsString())
			}
			times[i] = t
		}
		return cty.NumberIntVal(int64(times[0].Compare(times[1]))), nil
	},
})

// fileFunc returns the text of a file of the configuration's directory.
func fileFunc(f *files) function.Function {
	return function.New(&function.Spec{
		Description: "Returns the text of a file below the configuration's directory.",
		Params:      []function.Parameter{{Name: "path", Type: cty.String}},
		Type:        function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, err := f.text(args[0].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			return v, nil
		},
	})
}
