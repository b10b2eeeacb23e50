package wire

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep an answer may nest, members that are passed over
// included. The service's answers need four levels.
const maxDepth = 64

// scanner walks over JSON text without building a tree of it. It is lenient
// where leniency is harmless: control characters in strings pass, and broken
// UTF-8 becomes U+FFFD, which it notes.
type scanner struct {
	data   []byte
	at     int
	depth  int
	text   []byte // holds a string that had escapes, until the next one
	broken bool   // the last string is not as it was meant
}

var errEnd = errors.New("it ends early")

func (s *scanner) errorf(format string, args ...any) error {
	return fmt.Errorf("%s at byte %d", fmt.Sprintf(format, args...), s.at)
}

// next returns the first byte of the next token, 0 at the end.
func (s *scanner) next() byte {
	for s.at < len(s.data) {
		switch c := s.data[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// expect steps over one punctuation mark.
func (s *scanner) expect(c byte) error {
	switch got := s.next(); got {
	case c:
		s.at++
		return nil
	case 0:
		return errEnd
	default:
		return s.errorf("%q instead of %q", got, c)
	}
}

// object calls member for each key of an object; member consumes the value.
// The key is valid until member scans.
func (s *scanner) object(member func(key []byte) error) error {
	return s.elements('{', '}', func() error {
		if s.next() != '"' {
			return s.errorf("a member without a name")
		}
		key, err := s.string()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		return member(key)
	})
}

// array calls element for each element of an array; element consumes it.
func (s *scanner) array(element func() error) error { return s.elements('[', ']', element) }

func (s *scanner) elements(opening, closing byte, element func() error) error {
	if err := s.expect(opening); err != nil {
		return err
	}
	if s.depth++; s.depth > maxDepth {
		return s.errorf("more than %d levels", maxDepth)
	}
	if s.next() != closing {
		for {
			if err := element(); err != nil {
				return err
			}
			if s.next() != ',' {
				break
			}
			s.at++
		}
	}
	s.depth--
	return s.expect(closing)
}

// string returns the next string without its quotes and escapes. The bytes are
// valid until the next call.
func (s *scanner) string() ([]byte, error) {
	s.broken = false
	s.at++
	start := s.at
	for i := start; i < len(s.data); i++ {
		switch s.data[i] {
		case '"':
			s.at = i + 1
			return s.valid(s.data[start:i]), nil
		case '\\':
			return s.escaped(start, i)
		}
	}
	return nil, errEnd
}

func (s *scanner) valid(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	s.broken = true
	return bytes.ToValidUTF8(b, []byte("\uFFFD"))
}

// escaped reads on from the first backslash of a string.
func (s *scanner) escaped(start, i int) ([]byte, error) {
	out := append(s.text[:0], s.data[start:i]...)
	for i < len(s.data) {
		c := s.data[i]
		switch {
		case c == '"':
			s.at, s.text = i+1, out
			return s.valid(out), nil
		case c != '\\':
			out = append(out, c)
			i++
		case i+1 == len(s.data):
			return nil, errEnd
		case s.data[i+1] == 'u':
			r, n := unicodeEscape(s.data[i:])
			if n == 0 {
				s.at = i
				return nil, s.errorf("a broken escape")
			}
			s.broken = s.broken || r == utf8.RuneError
			out, i = utf8.AppendRune(out, r), i+n
		default:
			out, i = append(out, simpleEscape(s.data[i+1])), i+2
		}
	}
	return nil, errEnd
}

func simpleEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// unicodeEscape reads \uXXXX, or two of them that make a surrogate pair, and
// returns their length; 0 where they are broken.
func unicodeEscape(b []byte) (rune, int) {
	r := hex4(b)
	if r < 0 {
		return 0, 0
	}
	if utf16.IsSurrogate(r) {
		if pair := utf16.DecodeRune(r, hex4(b[6:])); pair != utf8.RuneError {
			return pair, 12
		}
		return utf8.RuneError, 6
	}
	return r, 6
}

// hex4 reads \uXXXX, -1 where it is not there.
func hex4(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// literal returns the next number, true, false or null as it is written.
func (s *scanner) literal() ([]byte, error) {
	start := s.at
	for s.at < len(s.data) && literalByte(s.data[s.at]) {
		s.at++
	}
	if s.at == start {
		if s.at == len(s.data) {
			return nil, errEnd
		}
		return nil, s.errorf("%q instead of a value", s.data[s.at])
	}
	return s.data[start:s.at], nil
}

func literalByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E'
}

// skip steps over a value of any kind.
func (s *scanner) skip() error {
	var err error
	switch s.next() {
	case '{':
		err = s.object(func([]byte) error { return s.skip() })
	case '[':
		err = s.array(s.skip)
	case '"':
		_, err = s.string()
	default:
		_, err = s.literal()
	}
	return err
}
