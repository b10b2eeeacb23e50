package wire

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Error is the service's refusal of a call.
type Error struct {
	Operation  string
	HTTPStatus int
	Code       string
	Message    string
	RequestID  string
	RetryAfter time.Duration // the service's hint; 0 where it gave none

	// Answered says that the refusal came as an answer of success: one of both is
	// wrong, so that a write may have been executed.
	Answered bool
	// Stale says that the call was refused for the age of the time that its caller
	// had it signed with (see [WithTimestamp]), and with a newer one would not be.
	Stale bool
}

// Error returns the service's code and message with what its support asks for,
// and what to do where that is the same for every call.
func (e *Error) Error() string {
	s := e.Operation + ": " + e.said()
	if e.RequestID != "" {
		s += " (request " + oneLine(e.RequestID) + ")"
	}
	return s + e.advice()
}

// Reason returns what kept a call of the operation from being answered, without
// the operation and the request ID: for those who show them beside it.
func Reason(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.said() + e.advice()
	}
	if e, ok := errors.AsType[*AnswerError](err); ok {
		return e.said()
	}
	if e, ok := errors.AsType[*TransportError](err); ok {
		return e.said()
	}
	if e, ok := errors.AsType[*ListError](err); ok {
		return e.Problem
	}
	return err.Error()
}

func (e *Error) said() string {
	// What was signed says nothing to those who have mistyped a secret.
	message, _, _ := strings.Cut(e.Message, " server string to sign is")
	if e.Code == "" {
		return fmt.Sprintf("HTTP status %d without an error code: was it the service that answered?", e.HTTPStatus)
	}
	// It stays on its line, in which nobody takes it for a message of ours.
	return oneLine(e.Code) + ": " + oneLine(message)
}

func (e *Error) advice() string {
	if b := e.barrier(); b != nil && b.advice != "" {
		return "; " + b.advice
	}
	return ""
}

// oneLine writes a text with one blank where it has blanks or ends of lines.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// A barrier keeps out all calls of an operation, whatever they ask for.
type barrier struct{ prefix, advice string }

// barriers are known by the beginnings of their codes.
var barriers = []barrier{
	{"InvalidAccessKeyId", "check the ID of the access key"},
	{"SignatureDoesNotMatch", "check the secret of the access key"},
	{"InvalidSecurityToken", "the temporary credentials are wrong or have ended: get new ones"},
	{"Forbidden", "the user of the access key needs a permission for the operation"},
	{"NoPermission", "the user of the access key needs a permission for the operation"},
	{"InvalidTimeStamp", "set the clock of this machine"},
	{"UnsupportedOperation", ""},
	{"InvalidApi", ""},
	{"InsufficientBalance", "the account needs money"},
	{"NotEnoughBalance", "the account needs money"},
}

// barrier returns what keeps out all calls, nil where the error is about one.
func (e *Error) barrier() *barrier {
	if e.Stale {
		return nil
	}
	for i := range barriers {
		if strings.HasPrefix(e.Code, barriers[i].prefix) {
			return &barriers[i]
		}
	}
	return nil
}

// Throttled reports whether the call came too early: Throttling,
// Throttling.User, Throttling.Api.
func (e *Error) Throttled() bool { return strings.HasPrefix(e.Code, "Throttling") }

// TransportError is a call without an answer that could be read.
type TransportError struct {
	Operation string
	Sent      bool   // some of the request may have reached the service
	RequestID string // of an answer that could not be read
	Err       error
}

// Error says what kept the answer away.
func (e *TransportError) Error() string {
	return e.Operation + ": " + e.said()
}

func (e *TransportError) said() string {
	if e.Sent {
		return fmt.Sprintf("no answer: %v", e.Err)
	}
	return fmt.Sprintf("not sent: %v", e.Err)
}

// Unwrap returns the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// ErrNoTurn is why a call was not sent whose turn under the caller's own limits
// did not come in time. No attempt of it was made.
var ErrNoTurn = errors.New("its turn under the limit of calls did not come in time")

// ErrNoCredentials is why a call was not sent that could not be signed.
var ErrNoCredentials = errors.New("no credentials")

// ParameterError is a request that breaks a rule of its operation. The client
// does not send it; the simulator answers it as the service would.
type ParameterError struct {
	Operation string
	Member    string // with its index where it is one of a list
	Missing   bool
	Problem   string
}

// Error names the member and what is wrong with it.
func (e *ParameterError) Error() string {
	return fmt.Sprintf("%s: %s %s", e.Operation, e.Member, e.Problem)
}

// Outcome is what is known of a call after it ended.
type Outcome int

// The outcomes of a call.
const (
	Done    Outcome = iota // answered
	NotDone                // certainly not executed; may be sent again with a new nonce
	Refused                // refused for what it asks; sending it again changes nothing
	Unknown                // may have been executed: never sent again blindly
)

// String returns the outcome in words.
func (o Outcome) String() string {
	return [...]string{"done", "not done", "refused", "unknown"}[o]
}

// notDone are codes that say that the call was not executed.
var notDone = map[string]bool{"TaskIsBeingProcessed": true}

// unknown are codes of failures behind the service's front, where a task may
// have been saved before the failure. SignatureNonceUsed says that a copy of
// the request came first: somewhere on the way it was sent twice. An answer
// without a code may come from anyone on the way.
var unknown = map[string]bool{
	"NetworkIOError": true, "Busy": true, "Failed": true, "InternalError": true, "QueryRegistryFailed": true,
	"SignatureNonceUsed": true, "": true,
}

// OutcomeOf returns what an error says of the call's execution; nil is Done.
// An error that it does not know is Unknown.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return Done
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.outcome()
	}
	if e, ok := errors.AsType[*TransportError](err); ok && !e.Sent {
		return NotDone
	}
	if _, ok := errors.AsType[*ParameterError](err); ok {
		return Refused
	}
	return Unknown
}

func (e *Error) outcome() Outcome {
	if o := Lookup(e.Operation); e.Answered && (o == nil || !o.Repeatable()) {
		return Unknown
	}
	switch {
	case e.Throttled(), notDone[e.Code], e.Stale:
		return NotDone
	case e.Code == "ServiceUnavailable" && e.RetryAfter > 0:
		return NotDone
	case e.HTTPStatus >= 500, unknown[e.Code], e.Answered && isServiceFailure(e.Code):
		return Unknown
	}
	return Refused
}

// StopsOperation reports whether an error says that no other call of the
// operation can succeed either: credentials, permissions, balance.
func StopsOperation(err error) bool {
	if errors.Is(err, ErrNoCredentials) {
		return true
	}
	e, ok := errors.AsType[*Error](err)
	return ok && e.barrier() != nil
}

// RequestIDOf returns the request ID that an error carries, "" for none.
func RequestIDOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RequestID
	}
	if e, ok := errors.AsType[*TransportError](err); ok {
		return e.RequestID
	}
	if e, ok := errors.AsType[*AnswerError](err); ok {
		return e.RequestID
	}
	return ""
}

// NotOffered reports whether an error says that the service has no such operation, or
// does not let the key call it: 404 and 403, which it also answers where the key
// itself is wrong.
func NotOffered(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.HTTPStatus == 404 || e.HTTPStatus == 403 || e.Code == "UnsupportedOperation")
}
