package journal

import "bytes"

// A flat is what a record holds where that is an object of texts, whole numbers and
// truths alone. The orders and runs of years are decoded at each plan: what encode wrote
// of them is read without reflection, and anything else as JSON in general.
type flat interface {
	// member returns where a member is kept: a *text, *int64, *int or *bool; nil: the
	// object has no such member.
	member(name []byte) any
}

func (d *runData) member(name []byte) any {
	switch string(name) {
	case "kind":
		return &d.Kind
	case "config_hash":
		return &d.ConfigHash
	case "declared":
		return &d.Declared
	case "command":
		return &d.Command
	case "by":
		return &d.By
	case "link":
		return &d.Link
	case "follows":
		return &d.Follows
	case "undoes":
		return &d.Undoes
	}
	return nil
}

func (d *markData) member(name []byte) any {
	if string(name) == "mark" {
		return &d.Mark
	}
	return nil
}

func (d *purchaseData) member(name []byte) any {
	switch string(name) {
	case "step":
		return &d.Step
	case "domain":
		return &d.Domain
	case "kind":
		return &d.Kind
	case "before":
		return &d.Before
	case "years":
		return &d.Years
	case "amount":
		return &d.Amount
	case "known":
		return &d.Known
	case "currency":
		return &d.Currency
	}
	return nil
}

func (d *submissionData) member(name []byte) any {
	switch string(name) {
	case "request_id":
		return &d.RequestID
	case "adopted":
		return &d.Adopted
	case "operation":
		return &d.Operation
	}
	return nil
}

func (d *resultData) member(name []byte) any {
	switch string(name) {
	case "detail":
		return &d.Detail
	case "step":
		return &d.Step
	case "success":
		return &d.Success
	case "message":
		return &d.Message
	case "request_id":
		return &d.RequestID
	}
	return nil
}

// readFlat reads an object, and reports whether it could: it may have set some of its
// members where not.
func readFlat(data []byte, f flat) bool {
	s := flatScanner{data}
	return s.object(f) && len(s.rest) == 0
}

// readFlats reads a list of objects. It is nil where they are no flats, or where some
// must be read as JSON in general.
func readFlats[D any](data []byte) []D {
	if _, ok := any((*D)(nil)).(flat); !ok {
		return nil
	}
	s := flatScanner{data}
	all := make([]D, 0, 1) // as most records hold
	for next := s.skip('['); next; next = s.skip(',') {
		all = append(all, *new(D))
		if f, ok := any(&all[len(all)-1]).(flat); !ok || !s.object(f) {
			return nil
		}
	}
	if !s.skip(']') || len(s.rest) > 0 {
		return nil
	}
	return all
}

// A flatScanner reads what json.Marshal writes of flats.
type flatScanner struct{ rest []byte }

// skip skips a byte, and reports whether it was there.
func (s *flatScanner) skip(c byte) bool {
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// skipWord skips a word, and reports whether it was there.
func (s *flatScanner) skipWord(word string) bool {
	rest, ok := bytes.CutPrefix(s.rest, []byte(word))
	s.rest = rest
	return ok
}

func (s *flatScanner) object(f flat) bool {
	if s.skipWord("{}") {
		return true
	}
	for next := s.skip('{'); next; next = s.skip(',') {
		name := s.text()
		if len(name) < 2 || !s.skip(':') || !s.value(f.member(name[1:len(name)-1])) {
			return false
		}
	}
	return s.skip('}')
}

// value reads the value of a member.
func (s *flatScanner) value(to any) (ok bool) {
	switch v := to.(type) {
	case *text:
		quoted := s.text()
		return quoted != nil && v.UnmarshalJSON(quoted) == nil
	case *int64:
		*v, ok = s.number()
	case *int:
		var n int64
		n, ok = s.number()
		*v = int(n)
		ok = ok && int64(*v) == n
	case *bool:
		*v = s.skipWord("true")
		ok = *v || s.skipWord("false")
	}
	return ok
}

// text returns a text as JSON, nil where none is.
func (s *flatScanner) text() []byte {
	if len(s.rest) == 0 || s.rest[0] != '"' {
		return nil
	}
	for i := 1; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '\\':
			i++
		case '"':
			quoted := s.rest[:i+1]
			s.rest = s.rest[i+1:]
			return quoted
		}
	}
	return nil
}

// maxDigits is how many digits a number has at most that fits for certain.
const maxDigits = 18

// number reads a whole number.
func (s *flatScanner) number() (n int64, ok bool) {
	negative := s.skip('-')
	digits := 0
	for ; digits < len(s.rest) && s.rest[digits] >= '0' && s.rest[digits] <= '9'; digits++ {
		if digits == maxDigits {
			return 0, false
		}
		n = 10*n + int64(s.rest[digits]-'0')
	}
	if digits == 0 || digits > 1 && s.rest[0] == '0' {
		return 0, false
	}
	s.rest = s.rest[digits:]
	if negative {
		n = -n
	}
	return n, true
}
