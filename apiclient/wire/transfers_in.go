package wire

import "time"

// CheckTransferInFeasibilityRequest asks whether a name can be transferred in.
type CheckTransferInFeasibilityRequest struct {
	DomainName                string `wire:"DomainName,required,idna" doc:"the name"`
	TransferAuthorizationCode string `wire:"TransferAuthorizationCode,secret" doc:"transfer key of the losing registrar"`
	Common
}

// CheckTransferInFeasibilityResponse says whether a name can be transferred in.
type CheckTransferInFeasibilityResponse struct {
	Meta
	CanTransfer bool   `wire:"CanTransfer,must" doc:"true: it can"`
	Code        string `wire:"Code,prose" doc:"what stands against it; absent where it can"`
	Message     string `wire:"Message,prose" doc:"the same in words"`
	ProductID   string `wire:"ProductId" doc:"the product of the suffix"`
}

// TransferIn is one transfer in. Its texts of times count as UTC+8 like all
// others, though the reference calls some of them UTC.
type TransferIn struct {
	DomainName                                  string                 `wire:"DomainName,must,idna" doc:"the name"`
	InstanceID                                  string                 `wire:"InstanceId,echo" doc:"the transfer's instance"`
	UserID                                      string                 `wire:"UserId" doc:"the account"`
	SimpleTransferInStatus                      SimpleTransferInStatus `wire:"SimpleTransferInStatus" doc:"where it stands, in a word"`
	Status                                      TransferInStatus       `wire:"Status" doc:"where it stands, exactly: 10 to 59"`
	ProgressBarType                             TransferInChecks       `wire:"ProgressBarType,tell" doc:"what it has to pass: 0 mail and name, 1 mail, 2 name, 3 nothing"`
	NeedMailCheck                               bool                   `wire:"NeedMailCheck,tell" doc:"the holder has to agree by e-mail"`
	Email                                       string                 `wire:"Email" doc:"address that is asked to agree; may be empty"`
	WhoisMailStatus                             bool                   `wire:"WhoisMailStatus,tell" doc:"the address was found in WHOIS; false in AUTHORIZATION: fetch it again"`
	ResultCode                                  TransferInResult       `wire:"ResultCode" doc:"why it ended"`
	ResultMsg                                   string                 `wire:"ResultMsg,prose" doc:"the same in words; TransferInFailureReason.null stands for nothing"`
	SubmissionDate                              time.Time              `wire:"SubmissionDate,layout=second" doc:"when it was submitted"`
	SubmissionDateLong                          time.Time              `wire:"SubmissionDateLong,ms" doc:"the same, exactly"`
	TransferAuthorizationCodeSubmissionDate     time.Time              `wire:"TransferAuthorizationCodeSubmissionDate,layout=second" doc:"when the transfer key was submitted"`
	TransferAuthorizationCodeSubmissionDateLong time.Time              `wire:"TransferAuthorizationCodeSubmissionDateLong,ms" doc:"the same, exactly"`
	ModificationDate                            time.Time              `wire:"ModificationDate,layout=second" doc:"when it changed last"`
	ModificationDateLong                        time.Time              `wire:"ModificationDateLong,ms" doc:"the same, exactly"`
	ResultDate                                  time.Time              `wire:"ResultDate,layout=second" doc:"when it ended"`
	ResultDateLong                              time.Time              `wire:"ResultDateLong,ms" doc:"the same, exactly"`
	ExpirationDate                              time.Time              `wire:"ExpirationDate,layout=second" doc:"when the transfer, not the name, expires"`
	ExpirationDateLong                          time.Time              `wire:"ExpirationDateLong,ms" doc:"the same, exactly"`
	Lacks                                       Lacks                  // what the row does not tell
}

// Submitted returns when the transfer was submitted.
func (t *TransferIn) Submitted() time.Time { return first(t.SubmissionDateLong, t.SubmissionDate) }

// Modified returns when the transfer changed last.
func (t *TransferIn) Modified() time.Time { return first(t.ModificationDateLong, t.ModificationDate) }

// Expires returns when the transfer expires.
func (t *TransferIn) Expires() time.Time { return first(t.ExpirationDateLong, t.ExpirationDate) }

// QueryTransferInByInstanceIdRequest asks for one transfer in.
type QueryTransferInByInstanceIdRequest struct {
	InstanceID string `wire:"InstanceId,required" doc:"the transfer's instance"`
	Common
}

// QueryTransferInByInstanceIdResponse is one transfer in.
type QueryTransferInByInstanceIdResponse struct {
	Meta
	TransferIn
}

// QueryTransferInListRequest asks for a page of the transfers in.
type QueryTransferInListRequest struct {
	Page
	SimpleTransferInStatus SimpleTransferInStatus `wire:"SimpleTransferInStatus" doc:"only transfers in this state"`
	DomainName             string                 `wire:"DomainName" doc:"only names that begin with this"`
	SubmissionStartDate    time.Time              `wire:"SubmissionStartDate,ms" doc:"submitted then or later"`
	SubmissionEndDate      time.Time              `wire:"SubmissionEndDate,ms" doc:"submitted then or before"`
	Common
}

// QueryTransferInListResponse is a page of transfers in.
type QueryTransferInListResponse struct {
	Meta
	Paged
	Data []TransferIn `wire:"Data,must,item=TransferInInfo" doc:"the transfers of the page"`
}

// TransferInCheckMailTokenRequest agrees to transfers in by the token that was
// mailed to the holder.
type TransferInCheckMailTokenRequest struct {
	Token string `wire:"Token,required,secret" doc:"token of the mail"`
	Common
}

// TransferInCheckMailTokenResponse says for which names the token counted.
type TransferInCheckMailTokenResponse struct {
	Meta
	SuccessList []string `wire:"SuccessList,item=SuccessDomain,idna" doc:"names that go on"`
	FailList    []string `wire:"FailList,item=FailDomain,idna" doc:"names that do not"`
}

// TransferInResendMailTokenRequest sends the mail to the holder again.
type TransferInResendMailTokenRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Common
}

// TransferInRefetchWhoisEmailRequest looks for the holder's e-mail address in
// WHOIS again, where it was not found or is wrong.
type TransferInRefetchWhoisEmailRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Common
}

// TransferInReenterTransferAuthorizationCodeRequest gives another transfer key
// where the first was wrong.
type TransferInReenterTransferAuthorizationCodeRequest struct {
	DomainName                string `wire:"DomainName,required,idna" doc:"the name"`
	TransferAuthorizationCode string `wire:"TransferAuthorizationCode,required,secret" doc:"transfer key of the losing registrar"`
	Common
}

// SaveSingleTaskForCancelingTransferInRequest cancels a transfer in.
type SaveSingleTaskForCancelingTransferInRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Common
}
