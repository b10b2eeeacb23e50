package wire

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
)

// ListEmailVerificationRequest asks for a page of the account's e-mail
// addresses, verified or not.
type ListEmailVerificationRequest struct {
	PageNum            int          `wire:"PageNum,min=0,default=0" doc:"page to return, from 1; 0 is the first"`
	PageSize           int          `wire:"PageSize,min=0,max=5000,default=0" doc:"entries of a page; 0 leaves it to the service"`
	Email              string       `wire:"Email" doc:"only this address"`
	VerificationStatus *EmailStatus `wire:"VerificationStatus" doc:"only addresses that are verified (1) or not (0)"`
	BeginCreateTime    time.Time    `wire:"BeginCreateTime,ms" doc:"added then or later"`
	EndCreateTime      time.Time    `wire:"EndCreateTime,ms" doc:"added then or before"`
	Common
}

// ListEmailVerificationResponse is a page of e-mail addresses.
type ListEmailVerificationResponse struct {
	Meta
	Paged
	Data []EmailVerification `wire:"Data,must,item=EmailVerification,bare" doc:"the addresses of the page"`
}

// EmailVerification is one e-mail address. Its times are written in two ways,
// "Dec 25,2017 03:38:46" in the tables and "2017-12-25 03:38:46" in samples.
type EmailVerification struct {
	Email               string      `wire:"Email,must,echo" doc:"the address"`
	EmailVerificationNo string      `wire:"EmailVerificationNo" doc:"the verification"`
	VerificationStatus  EmailStatus `wire:"VerificationStatus,must" doc:"1 where the address is verified"`
	TokenSendTime       time.Time   `wire:"TokenSendTime,layout=second" doc:"when the last mail was sent; its link lives 3 days"`
	VerificationTime    time.Time   `wire:"VerificationTime,layout=second" doc:"when the address was verified; not there before"`
	SendIP              string      `wire:"SendIp" doc:"address of who asked for the mail"`
	ConfirmIP           string      `wire:"ConfirmIp" doc:"address of who followed the link; not there before"`
	UserID              string      `wire:"UserId" doc:"the account"`
	GmtCreate           time.Time   `wire:"GmtCreate,layout=second" doc:"when the entry was made"`
	GmtModified         time.Time   `wire:"GmtModified,layout=second" doc:"when the entry was changed last"`
}

// QueryEmailVerificationRequest asks whether one e-mail address is verified.
// The reference calls the address optional; there is nothing else to ask by.
type QueryEmailVerificationRequest struct {
	Email string `wire:"Email,required" doc:"the address"`
	Common
}

// QueryEmailVerificationResponse is one e-mail address.
type QueryEmailVerificationResponse struct {
	Meta
	EmailVerification
}

// EmailResult is what became of one address of a call. A call may succeed for
// some addresses and fail for others.
type EmailResult struct {
	Email   string `wire:"Email" doc:"the address"`
	Code    string `wire:"Code,prose" doc:"result: Success, SendTokenQuotaExceeded, ParameterIllegal, …; often absent where it went well"`
	Message string `wire:"Message,prose" doc:"the result in words"`
}

// SubmitEmailVerificationRequest sends verification mails, at most 500 a day,
// which is why no more go into one call. A link lives 3 days.
type SubmitEmailVerificationRequest struct {
	Email       []string `wire:"Email,required,comma,batch,share=500" doc:"the addresses"`
	SendIfExist bool     `wire:"SendIfExist,default=false" doc:"true: send again where a mail is out already"`
	Common
}

// SubmitEmailVerificationResponse says what became of each address.
type SubmitEmailVerificationResponse struct {
	Meta
	SuccessList []EmailResult `wire:"SuccessList" doc:"addresses that get a mail"`
	ExistList   []EmailResult `wire:"ExistList" doc:"addresses to which a mail is out already"`
	FailList    []EmailResult `wire:"FailList" doc:"addresses that get none"`
}

// lacking names a list where the answer has none: it says of no address what
// became of it.
func (r *SubmitEmailVerificationResponse) lacking() string {
	return noneOf("SuccessList", r.SuccessList, r.ExistList, r.FailList)
}

func noneOf(member string, lists ...[]EmailResult) string {
	for _, list := range lists {
		if len(list) > 0 {
			return ""
		}
	}
	return member
}

// Refused returns why an address gets no mail, nil where it does: see
// [PartialAnswer].
func (r *SubmitEmailVerificationResponse) Refused(address string) error {
	return refusedOf("SubmitEmailVerification", r.RequestID, address, r.FailList, r.SuccessList, r.ExistList)
}

// A PartialAnswer says of each element of a batch what became of it.
type PartialAnswer interface {
	// Refused returns why an element was not done: an [*Error], or a
	// [*TransportError] where the answer does not tell. Nil: it was done.
	Refused(element string) error
}

// errNotTold is why nobody knows what became of an element.
var errNotTold = errors.New("the answer does not say what became of it")

// refusedOf finds an address among the results of a call, in any letter case. A
// failure without an address counts for all that are not done. What became of
// an address in no list is not known.
func refusedOf(operation, requestID, address string, failed []EmailResult, done ...[]EmailResult) error {
	names := func(r EmailResult) bool { return strings.EqualFold(r.Email, address) }
	refuse := func(r EmailResult) error {
		return &Error{Operation: operation, HTTPStatus: 200, Code: cmp.Or(r.Code, "NotAccepted"), Message: r.Message, RequestID: requestID}
	}
	if i := slices.IndexFunc(failed, names); i >= 0 {
		return refuse(failed[i])
	}
	for _, list := range done {
		if slices.ContainsFunc(list, names) {
			return nil
		}
	}
	if i := slices.IndexFunc(failed, func(r EmailResult) bool { return r.Email == "" }); i >= 0 {
		return refuse(failed[i])
	}
	return &TransportError{Operation: operation, Sent: true, RequestID: requestID, Err: errNotTold}
}

// ResendEmailVerificationRequest sends verification mails again.
type ResendEmailVerificationRequest struct {
	Email []string `wire:"Email,required,comma,batch,share=500" doc:"the addresses"`
	Common
}

// ResendEmailVerificationResponse says what became of each address.
type ResendEmailVerificationResponse struct {
	Meta
	SuccessList []EmailResult `wire:"SuccessList,item=SendResult,bare" doc:"addresses that get a mail"`
	FailList    []EmailResult `wire:"FailList,item=SendResult,bare" doc:"addresses that get none"`
}

// lacking names a list where the answer has none.
func (r *ResendEmailVerificationResponse) lacking() string {
	return noneOf("SuccessList", r.SuccessList, r.FailList)
}

// Refused returns why an address gets no mail, nil where it does: see
// [PartialAnswer].
func (r *ResendEmailVerificationResponse) Refused(address string) error {
	return refusedOf("ResendEmailVerification", r.RequestID, address, r.FailList, r.SuccessList)
}

// DeleteEmailVerificationRequest deletes verified e-mail addresses. One that
// is needed again must be verified again.
type DeleteEmailVerificationRequest struct {
	Email []string `wire:"Email,required,comma,batch,share=500" doc:"the addresses"`
	Common
}

// DeleteEmailVerificationResponse says what became of each address.
type DeleteEmailVerificationResponse struct {
	Meta
	SuccessList []EmailResult `wire:"SuccessList" doc:"addresses that are deleted"`
	FailList    []EmailResult `wire:"FailList" doc:"addresses that are not"`
}

// lacking names a list where the answer has none.
func (r *DeleteEmailVerificationResponse) lacking() string {
	return noneOf("SuccessList", r.SuccessList, r.FailList)
}

// Refused returns why an address is not deleted, nil where it is: see
// [PartialAnswer].
func (r *DeleteEmailVerificationResponse) Refused(address string) error {
	return refusedOf("DeleteEmailVerification", r.RequestID, address, r.FailList, r.SuccessList)
}

// VerifyEmailRequest verifies an e-mail address by the token of its mail.
type VerifyEmailRequest struct {
	Token string `wire:"Token,required,secret" doc:"token of the mail"`
	Common
}
