package wire

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Lack is a member whose value an answer does not tell: it is missing, or it
// was not understood.
type Lack struct {
	Member  string
	Problem string // why it is not understood; "": it is not there
}

// Lacks are the members that an answer or a row of it does not tell, as far as
// a reader could take their zero values for facts, and all that were not
// understood. It is nil for nearly every answer.
type Lacks []Lack

// maxLacks bounds the memory that an odd answer takes.
const maxLacks = 32

// Has reports whether a member is one of those that were not told.
func (l Lacks) Has(member string) bool {
	return slices.ContainsFunc(l, func(x Lack) bool { return x.Member == member })
}

// Why says why a fact is not known that these members would have told:
// "the answer does not say TransferProhibitionLock".
func (l Lacks) Why(members ...string) string {
	for _, x := range l {
		if x.Problem != "" && slices.Contains(members, x.Member) {
			return x.words()
		}
	}
	return Lack{Member: strings.Join(members, ", ")}.words()
}

func (x Lack) words() string {
	if x.Problem == "" {
		return "the answer does not say " + x.Member
	}
	return fmt.Sprintf("the answer's %s is not understood: %s", x.Member, x.Problem)
}

func (l *Lacks) add(x Lack) {
	if len(*l) < maxLacks && !l.Has(x.Member) {
		*l = append(*l, x)
	}
}

// ErrListAbsent is the error of an answer that has no list where its list
// belongs, and is whole apart from that. The list may be empty, or may have
// been lost: see [Reading].
var ErrListAbsent = errors.New("the list is absent")

// AnswerError is an answer that does not answer its call: it is about something
// else, or lacks what it must tell.
type AnswerError struct {
	Operation string
	RequestID string
	Lack
	Asked, Got string // of a member that must equal the request's
	Absent     bool   // the answer has no list, and is whole apart from that
}

// Error says what is wrong with the answer.
func (e *AnswerError) Error() string {
	s := e.Operation + ": " + e.said()
	if e.RequestID != "" {
		s += " (request " + e.RequestID + ")"
	}
	return s
}

func (e *AnswerError) said() string {
	if e.Asked != "" {
		return fmt.Sprintf("the answer is about %s %q, not %q", e.Member, e.Got, e.Asked)
	}
	return e.words()
}

// Is reports whether the target is [ErrListAbsent] and the error is of that kind.
func (e *AnswerError) Is(target error) bool { return target == ErrListAbsent && e.Absent }
