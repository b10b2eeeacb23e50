package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/internal/words"
)

// Bounds are the most that the files of a configuration may take. A pull
// request can write any file: none may make the program hang, fill the memory
// or break down. What exceeds a bound is a mistake with its place.
type Bounds struct {
	FileSize   int // bytes of one file
	SourceSize int // bytes of one file in HCL
	AllSizes   int // bytes of all files of the configuration
	LineSize   int // bytes of one line of HCL
	Nesting    int // brackets and operators within each other, and values within each other
	TextSize   int // bytes of one text that an expression makes
	// ValueSize bounds one value with all that is in it, and all that the
	// expressions of the files make together. An element counts as 32 bytes, a
	// text as its length besides.
	ValueSize int
	Steps     int // of evaluation; an expression of one operator takes about one
	Names     int // of all blocks together
}

// DefaultBounds returns bounds that leave room for a million names.
func DefaultBounds() Bounds {
	return Bounds{
		FileSize: 64 << 20, SourceSize: 16 << 20, AllSizes: 128 << 20, LineSize: 1 << 20, Nesting: 500,
		TextSize: 64 << 20, ValueSize: 1 << 30, Steps: 50_000_000, Names: 2_000_000,
	}
}

// maxNesting is what the stack bears, however far the bounds are raised.
const maxNesting = 10_000

// Times returns the bounds multiplied.
func (b Bounds) Times(factor float64) Bounds {
	times := func(n int) int { return int(min(float64(n)*factor, 1<<50)) }
	return Bounds{
		FileSize: times(b.FileSize), SourceSize: times(b.SourceSize), AllSizes: times(b.AllSizes), LineSize: times(b.LineSize), Nesting: min(times(b.Nesting), maxNesting),
		TextSize: times(b.TextSize), ValueSize: times(b.ValueSize), Steps: times(b.Steps), Names: times(b.Names),
	}
}

// raiseAdvice ends the message about each bound.
const raiseAdvice = "If it is meant, raise the limits with --file-limits."

// boundExceeded is the mistake of something that is larger than its bound.
func boundExceeded(at *hcl.Range, summary, detail string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Subject: at, Detail: fmt.Sprintf(detail, args...) + " " + raiseAdvice}
}

// megabytes writes a size for people.
func megabytes(n int) string {
	if n < 1<<20 {
		return words.Number(n) + " bytes"
	}
	return words.Number(n>>20) + " MiB"
}
