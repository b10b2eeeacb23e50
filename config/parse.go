package config

import (
	"bytes"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// chunkSize is the least number of bytes that are parsed at once. With pieces
// of this size the parser takes two thirds of the time and a tenth of the
// memory that it takes for a file of 10,000 blocks as a whole.
const chunkSize = 1 << 15

// maxParsedShare is the share of a file's bound that is parsed at once at most:
// a syntax tree can be three hundred times as large as its text.
const maxParsedShare = 4

// eachBody parses a file in pieces and yields their bodies, which add up to
// the file's. Where the file is wrong it returns the mistakes, and what was
// yielded until then is not to be used.
//
// A piece ends where a line is a closing brace, and stands for itself if it
// parses: then no comment, text or block was open at its end. If it does not,
// the brace may have been part of a text, and the rest is parsed as a whole.
func eachBody(src []byte, name string, size int, b Bounds, yield func(hcl.Body)) hcl.Diagnostics {
	if d := checkLines(src, name, b); d != nil {
		return hcl.Diagnostics{d}
	}
	at, most := hcl.InitialPos, max(b.SourceSize/maxParsedShare, size)
	for len(src) > 0 {
		piece := firstBlocks(src, size)
		if len(piece) > most {
			return hcl.Diagnostics{boundExceeded(&hcl.Range{Filename: name, Start: at, End: at}, "Block too large",
				"A block that begins here or later has more than %s: write long lists into files, and read them with csvdecode(file(…)).", megabytes(most))}
		}
		file, diags := parsePiece(piece, name, at, b)
		if diags.HasErrors() && len(piece) < len(src) && len(src) <= most {
			piece = src
			file, diags = parsePiece(piece, name, at, b)
		}
		if diags.HasErrors() {
			return untilUnclosedQuote(diags)
		}
		yield(file.Body)
		at.Line += bytes.Count(piece, []byte("\n"))
		at.Byte += len(piece)
		src = src[len(piece):]
	}
	return nil
}

// unclosedQuote is what the parser calls a text that goes on over the end of its line.
const unclosedQuote = "Invalid multi-line string"

// untilUnclosedQuote leaves out what follows from a quote that is not closed: the parser
// takes the rest of the file for texts and texts for the rest, an error for each line.
func untilUnclosedQuote(diags hcl.Diagnostics) hcl.Diagnostics {
	var first *hcl.Diagnostic
	for _, d := range diags {
		if d.Summary == unclosedQuote && d.Subject != nil && (first == nil || d.Subject.Start.Byte < first.Subject.Start.Byte) {
			first = d
		}
	}
	if first == nil {
		return diags
	}
	told := *first
	told.Summary = "Unclosed quote"
	told.Detail = "A text in quotes ends on the line on which it begins. Close it, or write a text of several lines as a heredoc. What comes after it is checked then."
	before := slices.DeleteFunc(slices.Clone(diags), func(d *hcl.Diagnostic) bool {
		return d.Subject == nil || d.Subject.Start.Line >= first.Subject.Start.Line
	})
	return append(before, &told)
}

// firstBlocks returns the beginning of a text, up to the first line after size
// bytes that is a closing brace.
func firstBlocks(src []byte, size int) []byte {
	if len(src) <= size {
		return src
	}
	for _, line := range []string{"\n}\n", "\n}\r\n"} {
		if end := bytes.Index(src[size:], []byte(line)); end >= 0 {
			return src[:size+end+len(line)]
		}
	}
	return src
}

func parsePiece(piece []byte, name string, at hcl.Pos, b Bounds) (*hcl.File, hcl.Diagnostics) {
	if d := checkNesting(piece, name, at, b); d != nil {
		return nil, hcl.Diagnostics{d}
	}
	return hclsyntax.ParseConfig(piece, name, at)
}
