package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"
)

func TestOutcomeOf(t *testing.T) {
	refused := func(status int, code string) error { return &Error{Operation: "X", HTTPStatus: status, Code: code} }
	for _, test := range []struct {
		err  error
		want Outcome
	}{
		{nil, Done},
		// Not done, may be sent again.
		{&TransportError{Err: io.EOF}, NotDone},
		{refused(400, "Throttling"), NotDone},
		{refused(400, "Throttling.User"), NotDone},
		{refused(503, "Throttling.Api"), NotDone},
		{refused(400, "TaskIsBeingProcessed"), NotDone},
		{&Error{HTTPStatus: 503, Code: "ServiceUnavailable", RetryAfter: time.Second}, NotDone},
		// Refused.
		{refused(400, "MissingParameter"), Refused},
		{refused(400, "InvalidDomainName"), Refused},
		{refused(400, "ParameterIllegal"), Refused},
		{refused(400, "DomainNotExist"), Refused},
		{refused(400, "RegContactEmailNotVerified"), Refused},
		{refused(403, "SignatureDoesNotMatch"), Refused},
		{refused(403, "Forbidden.RAM"), Refused},
		{refused(404, "InvalidAccessKeyId.NotFound"), Refused},
		{refused(400, "InvalidTimeStamp.Expired"), Refused},
		{&ParameterError{Operation: "X", Member: "PageNum"}, Refused},
		// Unknown.
		{&TransportError{Sent: true, Err: context.DeadlineExceeded}, Unknown},
		{refused(500, "InternalError"), Unknown},
		{refused(503, "ServiceUnavailable"), Unknown},
		{refused(502, ""), Unknown},
		{refused(302, ""), Unknown},
		{refused(403, ""), Unknown},
		{refused(400, "NetworkIOError"), Unknown},
		{refused(400, "Busy"), Unknown},
		{refused(400, "Failed"), Unknown},
		{refused(400, "QueryRegistryFailed"), Unknown},
		{refused(400, "SignatureNonceUsed"), Unknown},
		{errors.New("something else"), Unknown},
		{context.Canceled, Unknown},
	} {
		if got := OutcomeOf(test.err); got != test.want {
			t.Errorf("%v: %v, want %v", test.err, got, test.want)
		}
		if test.err == nil {
			continue
		}
		if got := OutcomeOf(fmt.Errorf("while reading: %w", test.err)); got != test.want {
			t.Errorf("%v, wrapped: %v, want %v", test.err, got, test.want)
		}
	}
}

func TestStopsOperation(t *testing.T) {
	for code, want := range map[string]bool{
		"InvalidAccessKeyId.Inactive": true, "SignatureDoesNotMatch": true, "Forbidden.RAM": true, "InvalidTimeStamp.Expired": true,
		"InsufficientBalance": true, "DomainNotExist": false, "Throttling": false, "InternalError": false,
	} {
		if got := StopsOperation(fmt.Errorf("wrapped: %w", &Error{Code: code})); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
	if !StopsOperation(&TransportError{Err: fmt.Errorf("%w: nowhere", ErrNoCredentials)}) {
		t.Error("a call that cannot be signed does not stop the operation")
	}
	if StopsOperation(io.EOF) {
		t.Error("a lost connection stops the operation")
	}
}

func TestErrorTexts(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{&Error{Operation: "QueryDSRecord", Code: "DomainNotExist", Message: "The domain does not exist. ", RequestID: "R-1"}, "QueryDSRecord: DomainNotExist: The domain does not exist. (request R-1)"},
		{&Error{Operation: "QueryDSRecord", HTTPStatus: 502}, "QueryDSRecord: HTTP status 502 without an error code: was it the service that answered?"},
		{&Error{Operation: "CancelTask", Code: "Busy\n", Message: "\nTry\r\n::error::later\u2028 again", RequestID: "R\n1"}, "CancelTask: Busy: Try ::error::later again (request R 1)"},
		{&Error{Operation: "CancelTask", Code: "SignatureDoesNotMatch", Message: "It is not matched. server string to sign is:POST&", RequestID: "R-1"}, "CancelTask: SignatureDoesNotMatch: It is not matched. (request R-1); check the secret of the access key"},
		{&TransportError{Operation: "CancelTask", Err: io.EOF}, "CancelTask: not sent: EOF"},
		{&TransportError{Operation: "CancelTask", Sent: true, Err: io.EOF}, "CancelTask: no answer: EOF"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
	if err := error(&TransportError{Err: io.EOF}); !errors.Is(err, io.EOF) {
		t.Error("the cause of a transport error is hidden")
	}
}
