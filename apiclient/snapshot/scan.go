package snapshot

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// scanner takes a JSON text apart into the values of its outermost members and
// of their elements, without holding more than one of them. It only finds where
// a value ends; whoever decodes the value checks it.
type scanner struct {
	r    *bufio.Reader
	line int    // where the text was read up to, from 1
	at   int    // where the last value began
	raw  []byte // the last value
}

// next steps over white space and returns the byte that follows, 0 at the end.
func (s *scanner) next() (byte, error) {
	for {
		c, err := s.r.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return 0, nil
		case err != nil:
			return 0, err
		case c == '\n':
			s.line++
		case c != ' ' && c != '\t' && c != '\r':
			s.at = s.line
			return c, s.r.UnreadByte()
		}
	}
}

// take steps over the byte that next returned.
func (s *scanner) take() { _, _ = s.r.Discard(1) } // it is buffered

func (s *scanner) expect(want byte) error {
	c, err := s.next()
	if err != nil {
		return err
	}
	if c == 0 {
		return io.ErrUnexpectedEOF
	}
	if c != want {
		return fmt.Errorf("found %q instead of %q", c, want)
	}
	s.take()
	return nil
}

// each reads what stands between an opening and a closing byte: elements with
// commas between them.
func (s *scanner) each(opening, closing byte, element func() error) error {
	if err := s.expect(opening); err != nil {
		return err
	}
	c, err := s.next()
	if err != nil {
		return err
	}
	if c == closing {
		s.take()
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		c, err := s.next()
		if err != nil {
			return err
		}
		if c != ',' {
			return s.expect(closing)
		}
		s.take()
	}
}

// value returns the text of the value that follows; it is good until the next
// call.
func (s *scanner) value() ([]byte, error) {
	if _, err := s.next(); err != nil {
		return nil, err
	}
	s.raw = s.raw[:0]
	var e valueEnd
	for {
		if _, err := s.r.Peek(1); err != nil {
			if errors.Is(err, io.EOF) {
				return s.raw, nil // cut off, or a single number
			}
			return nil, err
		}
		window, _ := s.r.Peek(s.r.Buffered())
		n, done := e.find(window)
		s.raw = append(s.raw, window[:n]...)
		s.line += bytes.Count(window[:n], []byte("\n"))
		_, _ = s.r.Discard(n) // it is buffered
		if done {
			return s.raw, nil
		}
	}
}

// valueEnd finds where a value ends, window by window.
type valueEnd struct {
	depth           int
	text, backslash bool
}

// find returns how many bytes of the window belong to the value, and whether it
// ends there.
func (e *valueEnd) find(window []byte) (int, bool) {
	for i, c := range window {
		switch {
		case e.backslash:
			e.backslash = false
		case e.text:
			e.backslash = c == '\\'
			if c == '"' {
				if e.text = false; e.depth == 0 {
					return i + 1, true
				}
			}
		case c == '"':
			e.text = true
		case c == '{', c == '[':
			e.depth++
		case c == '}', c == ']':
			if e.depth == 0 {
				return i, true
			}
			if e.depth--; e.depth == 0 {
				return i + 1, true
			}
		case e.depth == 0 && (c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ':'):
			return i, true
		}
	}
	return len(window), false
}

// decode reads the value that follows with the standard library, strictly.
func (s *scanner) decode(into any) error {
	raw, err := s.value()
	if err != nil {
		return err
	}
	return decode(raw, into)
}

func decode(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	} else if err != nil {
		return err
	}
	if d.InputOffset() != int64(len(raw)) {
		return fmt.Errorf("%q is no value", raw)
	}
	return nil
}
