package config

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/domainsync/domainsync/internal/words"
)

// longestNumber bounds the digits of a number: reading more takes a time that
// grows with their square.
const longestNumber = 1000

// checkLines says which line of a text is too long, nil where none is.
func checkLines(src []byte, name string, b Bounds) *hcl.Diagnostic {
	line, start := 1, 0
	for start <= len(src) {
		end := bytes.IndexByte(src[start:], '\n')
		if end < 0 {
			end = len(src) - start
		}
		if end > b.LineSize {
			return boundExceeded(lineRange(name, line, start), "Line too long", "The line has %s bytes, more than %s.", words.Number(end), megabytes(b.LineSize))
		}
		line, start = line+1, start+end+1
	}
	return nil
}

// checkNesting says where a text in HCL is nested too deeply, nil where it is
// not. The parser, and whoever walks over what it returns, needs stack for
// everything that lies within something else, so this is checked on the tokens,
// beforehand.
func checkNesting(src []byte, name string, at hcl.Pos, b Bounds) *hcl.Diagnostic {
	n := nesting{most: b.Nesting}
	if n.plain(src) && n.deepest <= n.most {
		return nil
	}
	tokens, _ := hclsyntax.LexConfig(src, name, at) // the parser says what is wrong with them
	return checkTokens(tokens, b)
}

// checkTemplate is checkText for a template.
func checkTemplate(src []byte, name string, b Bounds) *hcl.Diagnostic {
	if d := checkLines(src, name, b); d != nil {
		return d
	}
	tokens, _ := hclsyntax.LexTemplate(src, name, hcl.InitialPos)
	return checkTokens(tokens, b)
}

func checkTokens(tokens hclsyntax.Tokens, b Bounds) *hcl.Diagnostic {
	n := nesting{most: b.Nesting}
	for i, t := range tokens {
		n.token(tokens, i)
		if n.deepest > n.most {
			return boundExceeded(t.Range.Ptr(), "Nested too deeply", "More than %s brackets, operators or conditions lie within each other.", words.Number(n.most))
		}
		if t.Type == hclsyntax.TokenNumberLit && len(t.Bytes) > longestNumber {
			return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Number too long", Detail: "A number has at most 1,000 digits.", Subject: t.Range.Ptr()}
		}
	}
	return nil
}

func lineRange(name string, line, start int) *hcl.Range {
	at := hcl.Pos{Line: line, Column: 1, Byte: start}
	return &hcl.Range{Filename: name, Start: at, End: at}
}

// nesting computes how deep the syntax tree of a text can be at most: each
// bracket is one level, and so is each operator until the next comma or, in the
// body of a block or object, the next line. "1 + 1 + 1" is a tree of two levels.
type nesting struct {
	levels      []level
	root        level
	depth, most int
	deepest     int
	digits      int
}

// level is what is open.
type level struct {
	operators int
	lines     bool // ends of lines separate what is in it
}

func (n *nesting) top() *level {
	if len(n.levels) == 0 {
		return &n.root
	}
	return &n.levels[len(n.levels)-1]
}

func (n *nesting) operator() {
	n.top().operators++
	n.depth++
	n.deepest = max(n.deepest, n.depth)
}

func (n *nesting) open(lines bool) {
	n.operator() // a chain of a[0][0][0] is nested as well
	n.levels = append(n.levels, level{lines: lines})
	n.depth++
	n.deepest = max(n.deepest, n.depth)
}

func (n *nesting) close() {
	if len(n.levels) > 0 {
		n.depth -= n.top().operators + 1
		n.levels = n.levels[:len(n.levels)-1]
	}
}

// separate begins something that is not nested in what stood before it.
func (n *nesting) separate() {
	n.depth -= n.top().operators
	n.top().operators = 0
}

func (n *nesting) newline() {
	if len(n.levels) == 0 || n.top().lines {
		n.separate()
	}
}

// plain is token for all of a text without templates, which takes a fraction
// of the time. It reports false where the text is another one.
func (n *nesting) plain(src []byte) bool {
	for i := 0; i < len(src); i++ {
		c := src[i]
		if '0' <= c && c <= '9' {
			if n.digits++; n.digits > longestNumber {
				return false
			}
			continue
		}
		n.digits = 0
		switch c {
		case '"':
			end := plainString(src[i+1:])
			if end < 0 {
				return false
			}
			i += end + 1
		case '#':
			i = endOfLine(src, i) - 1
		case '/':
			if i+1 < len(src) && src[i+1] == '/' {
				i = endOfLine(src, i) - 1
				continue
			}
			if i+1 < len(src) && src[i+1] == '*' {
				return false
			}
			n.operator()
		case '<':
			if i+1 < len(src) && src[i+1] == '<' {
				return false
			}
			n.operator()
		case '{':
			n.open(!beginsForExpression(src[i+1:]))
		case '[', '(':
			n.open(false)
		case '}', ']', ')':
			n.close()
		case ',':
			n.separate()
		case '\n':
			n.newline()
		case '*', '+', '-', '%', '=', '!', '>', '&', '|', '?':
			n.operator()
		}
	}
	return true
}

// plainString returns where a quoted text ends, -1 where it has a template or
// no end on its line.
func plainString(src []byte) int {
	for i := 0; i < len(src); i++ {
		switch src[i] {
		case '"':
			return i
		case '\\':
			i++
		case '$', '%', '\n':
			return -1
		}
	}
	return -1
}

func endOfLine(src []byte, from int) int {
	if end := bytes.IndexByte(src[from:], '\n'); end >= 0 {
		return from + end
	}
	return len(src)
}

// beginsForExpression reports whether an open brace is that of a for
// expression, in which ends of lines separate nothing.
func beginsForExpression(src []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(src, " \t\r\n"), []byte("for"))
}

// token takes one token of a text.
func (n *nesting) token(tokens hclsyntax.Tokens, i int) {
	switch tokens[i].Type {
	case hclsyntax.TokenOBrace:
		n.open(n.next(tokens, i) != "for")
	case hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
		n.open(false)
	case hclsyntax.TokenTemplateInterp: // those of one text stand beside each other
		n.levels = append(n.levels, level{})
		n.depth++
		n.deepest = max(n.deepest, n.depth)
	case hclsyntax.TokenTemplateControl:
		n.control(n.next(tokens, i))
	case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
		n.close()
	case hclsyntax.TokenComma:
		n.separate()
	case hclsyntax.TokenNewline:
		n.newline()
	case hclsyntax.TokenStar, hclsyntax.TokenSlash, hclsyntax.TokenPlus, hclsyntax.TokenMinus, hclsyntax.TokenPercent,
		hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenLessThanEq, hclsyntax.TokenGreaterThan,
		hclsyntax.TokenGreaterThanEq, hclsyntax.TokenAnd, hclsyntax.TokenOr, hclsyntax.TokenBang, hclsyntax.TokenQuestion:
		n.operator()
	}
}

// control takes the beginning of a directive of a template. What "if" and "for"
// open lasts until their end directive.
func (n *nesting) control(directive string) {
	switch directive {
	case "else":
	case "endif", "endfor":
		if n.top().operators > 0 {
			n.top().operators--
			n.depth--
		}
	default:
		n.operator()
	}
	n.levels = append(n.levels, level{})
	n.depth++
	n.deepest = max(n.deepest, n.depth)
}

// next returns the next token that is neither comment nor end of a line.
func (n *nesting) next(tokens hclsyntax.Tokens, i int) string {
	for _, t := range tokens[i+1:] {
		if t.Type != hclsyntax.TokenNewline && t.Type != hclsyntax.TokenComment {
			return string(t.Bytes)
		}
	}
	return ""
}

// checkText is checkLines and checkNesting.
func checkText(src []byte, name string, b Bounds) *hcl.Diagnostic {
	if d := checkLines(src, name, b); d != nil {
		return d
	}
	return checkNesting(src, name, hcl.InitialPos, b)
}

// parseText parses a text within the bounds.
func parseText(src []byte, name string, b Bounds) (*hcl.File, hcl.Diagnostics) {
	if d := checkText(src, name, b); d != nil {
		return nil, hcl.Diagnostics{d}
	}
	return hclsyntax.ParseConfig(src, name, hcl.InitialPos)
}
