package wire

import (
	"encoding/json"
	"time"
)

// SubmitOperationAuditInfoRequest hands in what an operation audit decides on.
// The one that is documented moves names to another account.
type SubmitOperationAuditInfoRequest struct {
	AuditID    int64     `wire:"Id,min=1" doc:"audit to change; without it a new one is opened"`
	AuditType  AuditType `wire:"AuditType,required" doc:"what is decided on: 1 moving names to another account"`
	DomainName []string  `wire:"DomainName,required,comma,idna" doc:"the names"`
	AuditInfo  string    `wire:"AuditInfo,secret" doc:"who asks and why, as JSON; holds numbers of identity documents"`
	CommonLang
}

// SubmitOperationAuditInfoResponse says which audit was opened.
type SubmitOperationAuditInfoResponse struct {
	Meta
	AuditID int64 `wire:"Id,must" doc:"the audit"`
}

// TransferAuditInfo is the AuditInfo of [AuditTransfer]. A person fills in
// RegistrantNo and Telephone, an organisation the operator and CompanyNo.
type TransferAuditInfo struct {
	RegType        int    `json:"regType"` // 1 a person, 2 an organisation
	RegistrantName string `json:"registrantName"`
	RegistrantNo   string `json:"registrantNo,omitempty"` // of the identity document
	Telephone      string `json:"telephone,omitempty"`
	OperatorName   string `json:"operatorName,omitempty"`
	OperatorNo     string `json:"operatorNo,omitempty"` // of the identity document
	OperatorPhone  string `json:"operatorPhone,omitempty"`
	CompanyNo      string `json:"companyNo,omitempty"`
	Account        string `json:"account"` // that gets the names
	Reason         int    `json:"reason"`  // a number whose meaning is not documented
	Remark         string `json:"remark,omitempty"`
}

// Text returns the information as the request takes it.
func (i TransferAuditInfo) Text() string { return text(i) }

// Credential is one document of an audit, uploaded before with what
// GetOperationOssUploadPolicy answers.
type Credential struct {
	Type string `json:"credentialType"` // SHSQB an application form, SFZZM an identity document, as far as examples show
	URL  string `json:"credentialUrl"`  // path of the uploaded file
}

// CredentialsText returns documents as SubmitOperationCredentials takes them.
func CredentialsText(documents []Credential) string { return text(documents) }

// text writes a value of strings and numbers as JSON.
func text(v any) string {
	b, _ := json.Marshal(v) // strings and numbers always marshal
	return string(b)
}

// SubmitOperationCredentialsRequest hands in the documents of an audit. The
// reference requires none of its members.
type SubmitOperationCredentialsRequest struct {
	AuditRecordID int64          `wire:"AuditRecordId,min=1" doc:"the audit"`
	AuditType     AuditType      `wire:"AuditType" doc:"what is decided on"`
	RegType       RegistrantType `wire:"RegType" doc:"1 a person, 2 an organisation"`
	Credentials   string         `wire:"Credentials" doc:"the documents, as JSON: a list of objects with credentialType and credentialUrl"`
	CommonLang
}

// GetOperationOssUploadPolicyRequest asks for leave to upload documents. Newer
// clients require the type.
type GetOperationOssUploadPolicyRequest struct {
	AuditType AuditType `wire:"AuditType" doc:"what is decided on"`
	CommonLang
}

// GetOperationOssUploadPolicyResponse is leave to upload documents to the
// Object Storage Service.
type GetOperationOssUploadPolicyResponse struct {
	Meta
	AccessID      string    `wire:"Accessid,must,secret" doc:"access key of the upload"`
	EncodedPolicy string    `wire:"EncodedPolicy,must,secret" doc:"the upload's policy, base64"`
	Signature     string    `wire:"Signature,must,secret" doc:"the policy's signature"`
	ExpireTime    time.Time `wire:"ExpireTime,ms,quoted" doc:"when the policy ends"`
	FileDir       string    `wire:"FileDir,must" doc:"folder to upload into"`
	Host          string    `wire:"Host,must" doc:"where to upload, without the scheme"`
}

// OperationAudit is one operation audit.
type OperationAudit struct {
	AuditType    AuditType   `wire:"AuditType" doc:"what is decided on"`
	AuditStatus  AuditStatus `wire:"AuditStatus,tell" doc:"0 waits for documents, 1 to 4 in review, 5 failed, 6 passed, 7 cancelled"`
	AuditInfo    string      `wire:"AuditInfo,secret" doc:"who asks and why, as JSON"`
	BusinessName string      `wire:"BusinessName,prose" doc:"what is decided on, in words"`
	DomainName   []string    `wire:"DomainName,comma,idna" doc:"the names"`
	Remark       string      `wire:"Remark,prose" doc:"the reviewer's note"`
	CreateTime   time.Time   `wire:"CreateTime,ms" doc:"when it was opened"`
	UpdateTime   time.Time   `wire:"UpdateTime,ms" doc:"when it changed last"`
	Lacks        Lacks       // what the row does not tell
}

// OperationAuditItem is one operation audit in a list.
type OperationAuditItem struct {
	AuditID int64 `wire:"Id,must" doc:"the audit"`
	OperationAudit
}

// QueryOperationAuditInfoListRequest asks for a page of the account's audits.
type QueryOperationAuditInfoListRequest struct {
	PageNum     int          `wire:"PageNum,min=1" doc:"page to return, from 1"`
	PageSize    int          `wire:"PageSize,required,min=1" doc:"entries of a page"`
	DomainName  string       `wire:"DomainName,idna" doc:"only audits of this name"`
	AuditType   AuditType    `wire:"AuditType" doc:"only audits of this type"`
	AuditStatus *AuditStatus `wire:"AuditStatus" doc:"only audits in this state"`
	CommonLang
}

// QueryOperationAuditInfoListResponse is a page of audits. Its sample has all
// numbers and booleans as text.
type QueryOperationAuditInfoListResponse struct {
	Meta
	Paged
	Data []OperationAuditItem `wire:"Data,must" doc:"the audits of the page"`
}

// QueryOperationAuditInfoDetailRequest asks for one audit.
type QueryOperationAuditInfoDetailRequest struct {
	AuditRecordID int64 `wire:"AuditRecordId,required,min=1" doc:"the audit"`
	CommonLang
}

// QueryOperationAuditInfoDetailResponse is one audit. Its number is text here.
type QueryOperationAuditInfoDetailResponse struct {
	Meta
	AuditID int64 `wire:"Id,must,echo=AuditRecordId,quoted" doc:"the audit"`
	OperationAudit
}

// CancelOperationAuditRequest cancels an audit.
type CancelOperationAuditRequest struct {
	AuditRecordID int64 `wire:"AuditRecordId,required,min=1" doc:"the audit"`
	CommonLang
}
