package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Version is the API version that every request names.
const Version = "2018-01-29"

// Access says what an operation does to the account.
type Access int

// The kinds of access.
const (
	Read  Access = iota // changes nothing
	Write               // changes the account, or orders a change
)

// String returns "read" or "write".
func (a Access) String() string {
	if a == Write {
		return "write"
	}
	return "read"
}

// Group is the subject under which an operation is listed.
type Group string

// The groups of operations.
const (
	Domains      Group = "domains"
	Orders       Group = "orders"
	Contacts     Group = "contacts"
	Profiles     Group = "registrant profiles"
	Emails       Group = "e-mail verification"
	Hosts        Group = "DNS hosts"
	DSRecords    Group = "DS records"
	TransfersIn  Group = "transfers in"
	TransfersOut Group = "transfers out"
	Tasks        Group = "tasks"
	Log          Group = "change log"
	Audits       Group = "operation audits"
	ENS          Group = "ENS"
	Art          Group = ".art"
)

// An Operation is what the program knows of one operation of the service.
type Operation struct {
	Name      string // the Action parameter
	Section   string // section of the API reference; "" where it lacks the operation
	Group     Group
	Access    Access
	Summary   string
	Task      TaskType // what the tasks it saves are called, where that does not depend on the request: see [TaskOf]
	Spends    bool     // orders something, which costs money
	QPS       float64  // calls a second that the service is known to take; 0: nobody knows
	Transfers bool     // can change who holds names, or where: holder, account or registrar
	Request   *Schema
	Response  *Schema
	tasks     []TaskType // what its tasks may be called
	repeat    bool
	echo      []echo
	pages     *paging
}

// Async reports whether the operation saves a task whose results come later.
func (o *Operation) Async() bool { return o.Response.typ == reflect.TypeFor[TaskResponse]() }

// Saves reports whether a task of that type may be one that the operation
// saved. Where the reference does not name the type, it may be any that is not
// another operation's.
func (o *Operation) Saves(t TaskType) bool {
	if !o.Async() || len(o.tasks) > 0 {
		return slices.Contains(o.tasks, t)
	}
	return t != "" && !slices.ContainsFunc(table, func(other *Operation) bool { return slices.Contains(other.tasks, t) })
}

// Newer reports whether the API reference (document version 20220607) lacks
// the operation: it is known from official clients.
func (o *Operation) Newer() bool { return o.Section == "" }

// Asks reports whether a person should confirm a call: what it does cannot be
// taken back.
func (o *Operation) Asks() bool { return o.Spends || o.Transfers }

// Repeatable reports whether sending the operation twice does the same as
// sending it once: reads, and writes that only set something to a state.
func (o *Operation) Repeatable() bool { return o.Access == Read || o.repeat }

// BatchSize is the largest number of subjects in one call, 1 where the
// operation takes one.
func (o *Operation) BatchSize() int {
	if f := o.Request.batch; f != nil {
		return max(f.Items, f.Share)
	}
	return 1
}

// NewRequest returns an empty request of the operation.
func (o *Operation) NewRequest() Request {
	return reflect.New(o.Request.typ).Interface().(Request)
}

// NewResponse returns an empty response of the operation.
func (o *Operation) NewResponse() Response {
	return reflect.New(o.Response.typ).Interface().(Response)
}

// table holds the operations; a new one is its type pair and its line here.
var table = []*Operation{
	op[QueryDomainListRequest, QueryDomainListResponse]("5.12", Domains, Read, "list the names of the account"),
	op[ScrollDomainListRequest, ScrollDomainListResponse](newer, Domains, Read, "list the names of the account by a cursor, 500 a page"),
	op[QueryAdvancedDomainListRequest, QueryAdvancedDomainListResponse](newer, Domains, Read, "list the names of the account by many filters"),
	op[QueryDomainByDomainNameRequest, QueryDomainByDomainNameResponse]("5.53", Domains, Read, "read the facts of one name"),
	op[QueryDomainByInstanceIdRequest, QueryDomainByInstanceIdResponse]("5.11", Domains, Read, "read the facts of one instance"),
	op[CheckDomainRequest, CheckDomainResponse]("5.2", Domains, Read, "ask whether a name can be registered, and for what price").limited(10),
	op[SaveBatchTaskForModifyingDomainDnsRequest, TaskResponse]("5.24", Domains, Write, "set the nameservers of names").saves(TaskChangeDNS),
	op[SaveBatchTaskForTransferProhibitionLockRequest, TaskResponse]("5.25", Domains, Write, "switch the transfer lock of names").saves(TaskTransferLock),
	op[SaveSingleTaskForTransferProhibitionLockRequest, TaskResponse]("5.37", Domains, Write, "switch the transfer lock of one name").saves(TaskTransferLock),
	op[SaveBatchTaskForUpdateProhibitionLockRequest, TaskResponse]("5.26", Domains, Write, "switch the update lock of names").saves(TaskUpdateLock),
	op[SaveSingleTaskForUpdateProhibitionLockRequest, TaskResponse]("5.38", Domains, Write, "switch the update lock of one name").saves(TaskUpdateLock),
	op[SaveBatchTaskForDomainNameProxyServiceRequest, TaskResponse](newer, Domains, Write, "switch the WHOIS privacy of names").saves(TaskWhoisPrivacy),
	op[ListServerLockRequest, ListServerLockResponse](newer, Domains, Read, "list the registry locks of the account"),
	op[SetupDomainAutoRenewRequest, SetupDomainAutoRenewResponse](newer, Domains, Write, "switch whether the service renews a name by itself").repeatable(),

	op[SaveBatchTaskForCreatingOrderActivateRequest, TaskResponse]("5.21", Orders, Write, "register names").saves(TaskRegister).spends(),
	op[SaveSingleTaskForCreatingOrderActivateRequest, TaskResponse]("5.31", Orders, Write, "register one name").saves(TaskRegister).spends(),
	op[SaveBatchTaskForCreatingOrderRenewRequest, TaskResponse]("5.23", Orders, Write, "renew names").saves(TaskRenew).spends(),
	op[SaveSingleTaskForCreatingOrderRenewRequest, TaskResponse]("5.33", Orders, Write, "renew one name").saves(TaskRenew).spends(),
	op[SaveBatchTaskForCreatingOrderRedeemRequest, TaskResponse]("5.22", Orders, Write, "redeem names that have expired").saves(TaskRedeem).spends(),
	op[SaveSingleTaskForCreatingOrderRedeemRequest, TaskResponse]("5.32", Orders, Write, "redeem one name that has expired").saves(TaskRedeem).spends(),
	op[SaveBatchTaskForCreatingOrderTransferRequest, TaskResponse](newer, Orders, Write, "order transfers of names into the account").spends(),
	op[QueryDomainRealTimePriceRequest, QueryDomainRealTimePriceResponse](newer, Orders, Read, "ask what orders cost"),

	op[QueryContactInfoRequest, QueryContactInfoResponse]("5.9", Contacts, Read, "read one contact of a name"),
	op[SaveBatchTaskForUpdatingContactInfoByNewContactRequest, TaskResponse]("5.27", Contacts, Write, "give names another contact").saves(contactTasks...).transfers(),
	op[SaveBatchTaskForUpdatingContactInfoByRegistrantProfileIdRequest, TaskResponse](newer, Contacts, Write, "give names the contact of a profile").saves(contactTasks...).transfers(),
	op[SaveSingleTaskForUpdatingContactInfoRequest, TaskResponse]("5.39", Contacts, Write, "give one name the contact of a profile").saves(contactTasks...).transfers(),
	op[VerifyContactFieldRequest, DoneResponse]("5.43", Contacts, Read, "check contact data without saving them"),

	op[QueryRegistrantProfilesRequest, QueryRegistrantProfilesResponse]("4.2", Profiles, Read, "list the registrant profiles"),
	op[SaveRegistrantProfileRequest, SaveRegistrantProfileResponse]("4.1", Profiles, Write, "make or change a registrant profile"),
	op[SetDefaultRegistrantProfileRequest, DoneResponse]("4.4", Profiles, Write, "make a registrant profile the default").repeatable(),
	op[DeleteRegistrantProfileRequest, DoneResponse]("4.3", Profiles, Write, "delete a registrant profile"),
	op[DeleteContactTemplatesRequest, DoneResponse]("4.5", Profiles, Write, "delete registrant profiles"),

	op[ListEmailVerificationRequest, ListEmailVerificationResponse]("5.3", Emails, Read, "list e-mail addresses, verified or not"),
	op[QueryEmailVerificationRequest, QueryEmailVerificationResponse]("5.59", Emails, Read, "ask whether an e-mail address is verified"),
	op[SubmitEmailVerificationRequest, SubmitEmailVerificationResponse]("5.4", Emails, Write, "send verification mails"),
	op[ResendEmailVerificationRequest, ResendEmailVerificationResponse]("5.20", Emails, Write, "send verification mails again"),
	op[VerifyEmailRequest, DoneResponse]("5.44", Emails, Write, "verify an e-mail address by the token of its mail"),
	op[DeleteEmailVerificationRequest, DeleteEmailVerificationResponse]("5.6", Emails, Write, "delete verified e-mail addresses"),

	op[QueryDnsHostRequest, QueryDnsHostResponse]("5.10", Hosts, Read, "list the host objects of a name"),
	op[SaveSingleTaskForCreatingDnsHostRequest, TaskResponse]("5.30", Hosts, Write, "make a host object").saves(TaskCreateHost),
	op[SaveSingleTaskForModifyingDnsHostRequest, TaskResponse]("5.34", Hosts, Write, "give a host object other addresses").saves(TaskUpdateHost),
	op[SaveSingleTaskForDeletingDnsHostRequest, TaskResponse]("5.58", Hosts, Write, "delete a host object"),
	op[SaveSingleTaskForSynchronizingDnsHostRequest, TaskResponse]("5.36", Hosts, Write, "read host objects from the registry anew").saves(TaskSyncHosts),

	op[QueryDSRecordRequest, QueryDSRecordResponse]("5.52", DSRecords, Read, "list the DS records of a name"),
	op[SaveSingleTaskForAddingDSRecordRequest, TaskResponse]("5.46", DSRecords, Write, "add a DS record"),
	op[SaveSingleTaskForModifyingDSRecordRequest, TaskResponse]("5.47", DSRecords, Write, "change the DS record with a key tag"),
	op[SaveSingleTaskForDeletingDSRecordRequest, TaskResponse]("5.48", DSRecords, Write, "delete the DS record with a key tag"),
	op[SaveSingleTaskForSynchronizingDSRecordRequest, TaskResponse]("5.49", DSRecords, Write, "read DS records from the registry anew"),

	op[QueryTransferInListRequest, QueryTransferInListResponse]("5.18", TransfersIn, Read, "list the transfers in"),
	op[QueryTransferInByInstanceIdRequest, QueryTransferInByInstanceIdResponse]("5.17", TransfersIn, Read, "read one transfer in"),
	op[CheckTransferInFeasibilityRequest, CheckTransferInFeasibilityResponse]("5.5", TransfersIn, Read, "ask whether a name can be transferred in"),
	op[TransferInCheckMailTokenRequest, TransferInCheckMailTokenResponse]("5.40", TransfersIn, Write, "agree to transfers in by the token of a mail").transfers(),
	op[TransferInResendMailTokenRequest, DoneResponse]("5.42", TransfersIn, Write, "send the mail of a transfer in again"),
	op[TransferInRefetchWhoisEmailRequest, DoneResponse]("5.41", TransfersIn, Write, "look for the holder's address in WHOIS again").repeatable(),
	op[TransferInReenterTransferAuthorizationCodeRequest, DoneResponse]("5.45", TransfersIn, Write, "give another transfer key").transfers(),
	op[SaveSingleTaskForCancelingTransferInRequest, TaskResponse]("5.28", TransfersIn, Write, "cancel a transfer in"),

	op[QueryTransferOutInfoRequest, QueryTransferOutInfoResponse]("5.19", TransfersOut, Read, "read the transfer out of a name"),
	op[SaveSingleTaskForQueryingTransferAuthorizationCodeRequest, TaskResponse]("5.35", TransfersOut, Write, "ask for the transfer key of a name").transfers(),
	op[SaveSingleTaskForCancelingTransferOutRequest, TaskResponse]("5.29", TransfersOut, Write, "cancel a transfer out"),

	op[PollTaskResultRequest, PollTaskResultResponse]("5.7", Tasks, Read, "list results that nobody has acknowledged"),
	op[AcknowledgeTaskResultRequest, AcknowledgeTaskResultResponse]("5.1", Tasks, Write, "take results off the queue").repeatable(),
	op[QueryTaskListRequest, QueryTaskListResponse]("5.16", Tasks, Read, "list the tasks of the account"),
	op[QueryTaskInfoHistoryRequest, QueryTaskInfoHistoryResponse]("5.15", Tasks, Read, "list older tasks"),
	op[QueryTaskDetailListRequest, QueryTaskDetailListResponse]("5.14", Tasks, Read, "list the details of a task"),
	op[QueryTaskDetailHistoryRequest, QueryTaskDetailHistoryResponse]("5.13", Tasks, Read, "list the details of an older task"),
	op[CancelTaskRequest, CancelTaskResponse]("5.60", Tasks, Write, "cancel a task that has not ended").repeatable(),

	op[QueryChangeLogListRequest, QueryChangeLogListResponse]("5.8", Log, Read, "list what was done to names"),

	op[QueryOperationAuditInfoListRequest, QueryOperationAuditInfoListResponse]("5.64", Audits, Read, "list the audits of the account"),
	op[QueryOperationAuditInfoDetailRequest, QueryOperationAuditInfoDetailResponse]("5.65", Audits, Read, "read one audit"),
	op[SubmitOperationAuditInfoRequest, SubmitOperationAuditInfoResponse]("5.61", Audits, Write, "open or change an audit").transfers(),
	op[GetOperationOssUploadPolicyRequest, GetOperationOssUploadPolicyResponse]("5.63", Audits, Read, "get leave to upload the documents of an audit"),
	op[SubmitOperationCredentialsRequest, DoneResponse]("5.62", Audits, Write, "hand in the documents of an audit").transfers(),
	op[CancelOperationAuditRequest, DoneResponse]("5.66", Audits, Write, "cancel an audit").repeatable(),

	op[QueryEnsAssociationRequest, QueryEnsAssociationResponse]("5.51", ENS, Read, "read a name's wallet from the Ethereum Name Service"),
	op[QueryLocalEnsAssociationRequest, QueryLocalEnsAssociationResponse]("5.55", ENS, Read, "read a name's wallet as Alibaba Cloud has it"),
	op[SaveSingleTaskForAssociatingEnsRequest, TaskResponse]("5.50", ENS, Write, "bind a wallet to a name"),
	op[SaveSingleTaskForDisassociatingEnsRequest, TaskResponse]("5.54", ENS, Write, "unbind a name's wallet"),

	op[QueryArtExtensionRequest, QueryArtExtensionResponse]("5.57", Art, Read, "read the description of a .art name"),
	op[SaveSingleTaskForSaveArtExtensionRequest, TaskResponse]("5.56", Art, Write, "set the description of a .art name"),
}

// contactTasks are what tasks that change contacts are called. The history has
// a second type for registrants.
var contactTasks = []TaskType{TaskChangeHolder, TaskUpdateAdmin, TaskUpdateBilling, TaskUpdateTech, TaskUpdateRegistrant}

// newer stands where an operation has no section in the API reference.
const newer = ""

var (
	byName     = make(map[string]*Operation, len(table))
	byRequest  = make(map[reflect.Type]*Operation, len(table))
	byResponse = map[reflect.Type]*Schema{refusalSchema.typ: refusalSchema}
)

func init() {
	for _, o := range table {
		if byName[o.Name] != nil {
			panic("wire: operation " + o.Name + " stands twice in the table")
		}
		byName[o.Name], byRequest[o.Request.typ] = o, o
		byResponse[o.Response.typ] = o.Response
		o.echo, o.pages = o.echoes(), o.paging()
	}
}

// op makes the table's line for a request type, whose name is the operation's
// name with "Request" behind it.
func op[Req, Resp any](section string, group Group, access Access, summary string) *Operation {
	req, resp := reflect.TypeFor[Req](), reflect.TypeFor[Resp]()
	return &Operation{
		Name:    strings.TrimSuffix(req.Name(), "Request"),
		Section: section, Group: group, Access: access, Summary: summary,
		Request: schemaOf(req), Response: schemaOf(resp),
	}
}

// saves says what the operation's tasks are called: one type, or several among
// which the request decides.
func (o *Operation) saves(types ...TaskType) *Operation {
	if o.tasks = types; len(types) == 1 {
		o.Task = types[0]
	}
	return o
}

func (o *Operation) repeatable() *Operation         { o.repeat = true; return o }
func (o *Operation) spends() *Operation             { o.Spends = true; return o }
func (o *Operation) transfers() *Operation          { o.Transfers = true; return o }
func (o *Operation) limited(qps float64) *Operation { o.QPS = qps; return o }

// TaskOf returns the type of the task that a request saves: "" where it saves
// none, and where the reference does not name the type.
func TaskOf(r Request) TaskType {
	if decides, ok := r.(interface{ task() TaskType }); ok {
		return decides.task()
	}
	return OperationOf(r).Task
}

// Operations returns all operations in the order of their names, newer ones
// included.
func Operations() []*Operation {
	all := slices.Clone(table)
	slices.SortFunc(all, func(a, b *Operation) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Lookup returns the operation of that name, nil where the table has none.
func Lookup(name string) *Operation { return byName[name] }

// OperationOf returns the operation that a request belongs to. It panics for a
// type that is not in the table, which is a mistake in the program.
func OperationOf(r Request) *Operation {
	t := reflect.TypeOf(r)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	o := byRequest[t]
	if o == nil {
		panic(fmt.Sprintf("wire: %T is the request of no operation", r))
	}
	return o
}
