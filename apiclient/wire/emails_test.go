package wire

import (
	"errors"
	"testing"
)

// TestPartialAnswers: an answer refuses the addresses that it says it refuses,
// and is none about those that its lists leave out.
func TestPartialAnswers(t *testing.T) {
	list := func(all ...EmailResult) []EmailResult { return all }
	ada, bob, nobody := EmailResult{Email: "Ada@Example.com"}, EmailResult{Email: "bob@example.com"}, EmailResult{Code: "ParameterIllegal"}
	quota := EmailResult{Email: "ada@example.com", Code: "SendTokenQuotaExceeded", Message: "too many"}
	for name, test := range map[string]struct {
		answer PartialAnswer
		want   Outcome
		code   string
	}{
		"done":             {&SubmitEmailVerificationResponse{SuccessList: list(bob, ada)}, Done, ""},
		"there already":    {&SubmitEmailVerificationResponse{ExistList: list(ada), FailList: list(bob)}, Done, ""},
		"refused":          {&SubmitEmailVerificationResponse{SuccessList: list(bob), FailList: list(quota)}, Refused, "SendTokenQuotaExceeded"},
		"refused, no code": {&ResendEmailVerificationResponse{FailList: list(bob, ada)}, Refused, "NotAccepted"},
		"both":             {&ResendEmailVerificationResponse{SuccessList: list(ada), FailList: list(quota)}, Refused, "SendTokenQuotaExceeded"},
		"left out":         {&DeleteEmailVerificationResponse{SuccessList: list(bob)}, Unknown, ""},
		"somebody refused": {&DeleteEmailVerificationResponse{FailList: list(nobody)}, Refused, "ParameterIllegal"},
		"others refused":   {&DeleteEmailVerificationResponse{SuccessList: list(ada), FailList: list(nobody)}, Done, ""},
		"no lists":         {&DeleteEmailVerificationResponse{}, Unknown, ""},
	} {
		err := test.answer.Refused("ada@example.com")
		got := Done
		if err != nil {
			got = OutcomeOf(err)
		}
		e, _ := errors.AsType[*Error](err)
		if got != test.want || e != nil && e.Code != test.code || (e == nil) != (test.code == "") {
			t.Errorf("%s: %v (%v)", name, err, got)
		}
	}
}
