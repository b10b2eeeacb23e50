package wire

import "slices"

// Lang is the language of the service's messages.
type Lang string

// The languages.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// Known returns the documented languages.
func (Lang) Known() []string { return []string{"en", "zh"} }

// LockStatus is the state of a transfer or update lock.
type LockStatus string

// The states of a lock.
const (
	LockOn    LockStatus = "OPEN"
	LockOff   LockStatus = "CLOSE"
	LockUnset LockStatus = "NONE_SETTING" // never set, which is off
)

// Known returns the documented states.
func (LockStatus) Known() []string { return []string{"OPEN", "CLOSE", "NONE_SETTING"} }

// On reports whether the lock holds.
func (s LockStatus) On() bool { return s == LockOn }

// Lock returns the state of a lock that is on or off.
func Lock(on bool) LockStatus {
	if on {
		return LockOn
	}
	return LockOff
}

// DomainStatus says what a name needs (QueryDomainList).
type DomainStatus string

// The states of a name.
const (
	NeedsRenewal    DomainStatus = "1"
	NeedsRedemption DomainStatus = "2"
	Normal          DomainStatus = "3"
)

// Known returns the documented states.
func (DomainStatus) Known() []string { return []string{"1", "2", "3"} }

// ListedStatus is the state of a name in the newer lists, which show one where
// several hold. The first are those of [DomainStatus].
type ListedStatus int

// The states of a name in the newer lists.
const (
	AnyStatus           ListedStatus = 0 // of a request: no matter which
	ListedNeedsRenewal  ListedStatus = 1
	ListedNeedsRedeem   ListedStatus = 2
	ListedNormal        ListedStatus = 3
	ListedTransferOut   ListedStatus = 4
	ListedHolderUpdate  ListedStatus = 5
	ListedNotVerified   ListedStatus = 6
	ListedVerifyFailed  ListedStatus = 7
	ListedVerifyPending ListedStatus = 8
)

// Known returns the documented states.
func (ListedStatus) Known() []string {
	return []string{"0", "1", "2", "3", "4", "5", "6", "7", "8"}
}

// AutoRenewOperation is what becomes of the automatic renewal of a name.
type AutoRenewOperation string

// The operations of automatic renewal.
const (
	AutoRenewOn  AutoRenewOperation = "SET"
	AutoRenewOff AutoRenewOperation = "CANCEL"
)

// Known returns the operations.
func (AutoRenewOperation) Known() []string { return []string{"SET", "CANCEL"} }

// NameStatus says whether a name has expired (QueryDomainList).
type NameStatus string

// The states of a name's term.
const (
	NotExpired NameStatus = "1"
	Expired    NameStatus = "2"
)

// Known returns the documented states.
func (NameStatus) Known() []string { return []string{"1", "2"} }

// DomainType is the kind of a name's suffix in answers. Requests spell the
// last one otherwise: see [ProductDomainType].
type DomainType string

// The kinds of suffixes.
const (
	NewGenericSuffix DomainType = "New gTLD"
	GenericSuffix    DomainType = "gTLD"
	CountrySuffix    DomainType = "cTLD"
)

// Known returns the documented kinds.
func (DomainType) Known() []string { return []string{"New gTLD", "gTLD", "cTLD"} }

// Open marks the values as shown, not decided by.
func (DomainType) Open() {}

// RegistrantType says what kind of holder a registrant is.
type RegistrantType string

// The kinds of registrants.
const (
	Person       RegistrantType = "1"
	Organization RegistrantType = "2" // an enterprise, too
)

// Known returns the documented kinds.
func (RegistrantType) Known() []string { return []string{"1", "2"} }

// RegistrantProfileType says which registries a registrant profile is for.
// The reference writes the second kind cnic in one table of a request and cnnic
// everywhere else: cnnic is sent, and both are understood.
type RegistrantProfileType string

// The kinds of profiles.
const (
	CommonProfile RegistrantProfileType = "common"
	CNNICProfile  RegistrantProfileType = "cnnic" // .cn and other names of CNNIC, on the international site only
	CNICProfile   RegistrantProfileType = "cnic"  // the same, as one table spells it
)

// Known returns the documented kinds, both spellings of the second.
func (RegistrantProfileType) Known() []string { return []string{"common", "cnnic", "cnic"} }

// RealNameStatus is the state of a real-name verification. A passed one is
// SUCCEED in most answers and SUCCEEDED in those of QueryDomainByDomainName.
type RealNameStatus string

// The states of a real-name verification.
const (
	RealNameNone    RealNameStatus = "NONAUDIT" // not asked for yet
	RealNamePending RealNameStatus = "AUDITING"
	RealNamePassed  RealNameStatus = "SUCCEED"
	RealNameFailed  RealNameStatus = "FAILED"

	// RealNameSucceeded is how QueryDomainByDomainName writes RealNamePassed.
	RealNameSucceeded RealNameStatus = "SUCCEEDED"
)

// Known returns the documented states as requests take them.
func (RealNameStatus) Known() []string { return []string{"FAILED", "SUCCEED", "NONAUDIT", "AUDITING"} }

// Open marks the values as shown, not decided by.
func (RealNameStatus) Open() {}

// Passed reports whether the verification is passed, in either spelling.
func (s RealNameStatus) Passed() bool { return s == RealNamePassed || s == RealNameSucceeded }

// EmailStatus says whether an e-mail address is verified.
type EmailStatus int

// The states of an e-mail address.
const (
	EmailUnverified EmailStatus = 0 // a mail is out, or the verification failed
	EmailVerified   EmailStatus = 1
)

// Known returns the documented states.
func (EmailStatus) Known() []string { return []string{"0", "1"} }

// ContactType is one of the four contacts of a name.
type ContactType string

// The contacts of a name.
const (
	RegistrantContact ContactType = "registrant" // the holder
	AdminContact      ContactType = "admin"
	BillingContact    ContactType = "billing"
	TechContact       ContactType = "tech"
)

// Known returns the documented contacts.
func (ContactType) Known() []string { return []string{"registrant", "admin", "billing", "tech"} }

// Task returns the type of the tasks that change the contact.
func (c ContactType) Task() TaskType {
	switch c {
	case RegistrantContact:
		return TaskChangeHolder
	case AdminContact:
		return TaskUpdateAdmin
	case BillingContact:
		return TaskUpdateBilling
	case TechContact:
		return TaskUpdateTech
	}
	return ""
}

// FeeCommand says which price of a name is asked for.
type FeeCommand string

// The prices of a name.
const (
	FeeRegister   FeeCommand = "create"
	FeeRenew      FeeCommand = "renew"
	FeeTransferIn FeeCommand = "transfer"
	FeeRedeem     FeeCommand = "restore"
)

// Known returns the documented prices.
func (FeeCommand) Known() []string { return []string{"create", "renew", "transfer", "restore"} }

// FeeCurrency is the currency of a price. Newer descriptions list USD alone.
type FeeCurrency string

// The currencies.
const (
	CNY FeeCurrency = "CNY"
	USD FeeCurrency = "USD"
)

// Known returns the documented currencies.
func (FeeCurrency) Known() []string { return []string{"CNY", "USD"} }

// Availability says whether a name can be registered.
type Availability string

// The states of availability.
const (
	Taken           Availability = "0"
	Available       Availability = "1"
	PreRegistration Availability = "3"  // can be registered in advance
	PreDeletion     Availability = "4"  // in words that fit a name about to be deleted as well
	Abnormal        Availability = "-1" // not explained further
	Suspended       Availability = "-2" // registrations are suspended
	Blacklisted     Availability = "-3"
)

// Known returns the documented states.
func (Availability) Known() []string { return []string{"1", "3", "4", "0", "-1", "-2", "-3"} }

// QueryType filters the list of names by what they need.
type QueryType string

// The filters.
const (
	ThoseToRenew  QueryType = "1"
	ThoseToRedeem QueryType = "2"
)

// Known returns the documented filters.
func (QueryType) Known() []string { return []string{"1", "2"} }

// ProductDomainType filters the list of names by the kind of suffix.
type ProductDomainType string

// The kinds of suffixes, as requests spell them.
const (
	NewGenericProduct ProductDomainType = "New gTLD"
	GenericProduct    ProductDomainType = "gTLD"
	CountryProduct    ProductDomainType = "ccTLD"
)

// Known returns the documented kinds.
func (ProductDomainType) Known() []string { return []string{"New gTLD", "gTLD", "ccTLD"} }

// OrderBy is a sort direction.
type OrderBy string

// The sort directions.
const (
	Ascending  OrderBy = "ASC"
	Descending OrderBy = "DESC"
)

// Known returns the documented directions.
func (OrderBy) Known() []string { return []string{"ASC", "DESC"} }

// OrderKey is what the list of names is sorted by; the time of entry unless
// told otherwise.
type OrderKey string

// The sort keys.
const (
	ByRegistration OrderKey = "RegistrationDate"
	ByExpiration   OrderKey = "ExpirationDate"
)

// Known returns the documented keys.
func (OrderKey) Known() []string { return []string{"RegistrationDate", "ExpirationDate"} }

// UpdatingStatus says whether a change of the registrant is under way.
type UpdatingStatus string

// The states of a registrant's change.
const (
	UpdatingNormal  UpdatingStatus = "NORMAL"
	UpdatingPending UpdatingStatus = "PENDING"
)

// Known returns the documented states.
func (UpdatingStatus) Known() []string { return []string{"NORMAL", "PENDING"} }

// TransferOutStatus says whether a name is being transferred away.
type TransferOutStatus string

// The states of a transfer out.
const (
	TransferOutNormal  TransferOutStatus = "NORMAL"
	TransferOutPending TransferOutStatus = "PENDING"
)

// Known returns the documented states.
func (TransferOutStatus) Known() []string { return []string{"NORMAL", "PENDING"} }

// TaskType names what a task does. The set is open: several operations save
// tasks whose type the reference does not name.
type TaskType string

// The documented task types.
const (
	TaskChangeHolder     TaskType = "CHG_HOLDER" // the registrant
	TaskChangeDNS        TaskType = "CHG_DNS"
	TaskWhoisPrivacy     TaskType = "SET_WHOIS_PROTECT"
	TaskUpdateAdmin      TaskType = "UPDATE_ADMIN_CONTACT"
	TaskUpdateBilling    TaskType = "UPDATE_BILLING_CONTACT"
	TaskUpdateTech       TaskType = "UPDATE_TECH_CONTACT"
	TaskUpdateLock       TaskType = "SET_UPDATE_PROHIBITED"
	TaskTransferLock     TaskType = "SET_TRANSFER_PROHIBITED"
	TaskRegister         TaskType = "ORDER_ACTIVATE"
	TaskRenew            TaskType = "ORDER_RENEW"
	TaskRedeem           TaskType = "ORDER_REDEEM"
	TaskCreateHost       TaskType = "CREATE_DNSHOST"
	TaskUpdateHost       TaskType = "UPDATE_DNSHOST"
	TaskSyncHosts        TaskType = "SYNC_DNSHOST"
	TaskUpdateRegistrant TaskType = "UPDATE_REGISTRANT_CONTACT" // QueryTaskInfoHistory only
	TaskDeleteDomain     TaskType = "DELETE_DOMAIN"             // QueryTaskInfoHistory only
)

// Known returns the documented types.
func (TaskType) Known() []string {
	return []string{
		"CHG_HOLDER", "CHG_DNS", "SET_WHOIS_PROTECT", "UPDATE_ADMIN_CONTACT", "UPDATE_BILLING_CONTACT", "UPDATE_TECH_CONTACT",
		"SET_UPDATE_PROHIBITED", "SET_TRANSFER_PROHIBITED", "ORDER_ACTIVATE", "ORDER_RENEW", "ORDER_REDEEM",
		"CREATE_DNSHOST", "UPDATE_DNSHOST", "SYNC_DNSHOST", "UPDATE_REGISTRANT_CONTACT", "DELETE_DOMAIN",
	}
}

// Documented reports whether the type is a documented one.
func (t TaskType) Documented() bool { return slices.Contains(t.Known(), string(t)) }

// MayOrder reports whether a task of the type orders something. One of a type
// that nobody documents may.
func (t TaskType) MayOrder() bool {
	return !t.Documented() || slices.ContainsFunc(table, func(o *Operation) bool { return o.Spends && o.Saves(t) })
}

// Open marks the values as shown, not decided by.
func (TaskType) Open() {}

// TaskStatus is the state of a whole task (QueryTaskList and the history). A
// complete task may hold failed details.
type TaskStatus string

// The states of a task.
const (
	TaskWaiting  TaskStatus = "WAITING_EXECUTE"
	TaskRunning  TaskStatus = "EXECUTING"
	TaskComplete TaskStatus = "COMPLETE"
)

// Known returns the documented states.
func (TaskStatus) Known() []string { return []string{"WAITING_EXECUTE", "EXECUTING", "COMPLETE"} }

// Code returns the number that stands beside the state, and 0 for a state that
// is not documented.
func (s TaskStatus) Code() TaskCode { return TaskCode(index(s.Known(), string(s)) + 1) }

// TaskCode is the state of a whole task as a number.
type TaskCode int

// The numbers of a task's states.
const (
	TaskWaitingCode  TaskCode = 1
	TaskRunningCode  TaskCode = 2
	TaskCompleteCode TaskCode = 3
)

// Known returns the documented numbers.
func (TaskCode) Known() []string { return []string{"1", "2", "3"} }

// DetailStatus is the state of one name in a task.
type DetailStatus string

// The states of a detail.
const (
	DetailWaiting DetailStatus = "WAITING_EXECUTE"
	DetailRunning DetailStatus = "EXECUTING"
	DetailSuccess DetailStatus = "EXECUTE_SUCCESS"
	DetailFailure DetailStatus = "EXECUTE_FAILURE"
)

// Known returns the documented states.
func (DetailStatus) Known() []string {
	return []string{"WAITING_EXECUTE", "EXECUTING", "EXECUTE_SUCCESS", "EXECUTE_FAILURE"}
}

// Code returns the number that stands beside the state, and -1 for a state that
// is not documented.
func (s DetailStatus) Code() DetailCode { return DetailCode(index(s.Known(), string(s))) }

// Ended reports whether the detail has a result.
func (s DetailStatus) Ended() bool { return s == DetailSuccess || s == DetailFailure }

// DetailCode is the state of a detail as a number. The numbers differ from
// those of a task.
type DetailCode int

// The numbers of a detail's states.
const (
	DetailWaitingCode DetailCode = 0
	DetailRunningCode DetailCode = 1
	DetailSuccessCode DetailCode = 2
	DetailFailureCode DetailCode = 3
)

// Known returns the documented numbers.
func (DetailCode) Known() []string { return []string{"0", "1", "2", "3"} }

// ResultCode is how a detail ended, by the numbers of [DetailCode].
type ResultCode int

// The numbers of results.
const (
	ResultSuccess ResultCode = 2
	ResultFailure ResultCode = 3
)

// Known returns the documented numbers.
func (ResultCode) Known() []string { return []string{"2", "3"} }

// CancelStatus is the state of a task's cancellation.
type CancelStatus string

// The states of a cancellation.
const (
	CancelNone    CancelStatus = "INIT"
	CancelRunning CancelStatus = "CANCELLING"
	CancelDone    CancelStatus = "COMPLETE"
)

// Known returns the documented states.
func (CancelStatus) Known() []string { return []string{"INIT", "CANCELLING", "COMPLETE"} }

// Code returns the number that stands beside the state, and -1 for a state that
// is not documented.
func (s CancelStatus) Code() CancelCode { return CancelCode(index(s.Known(), string(s))) }

// CancelCode is the state of a task's cancellation as a number.
type CancelCode int

// The numbers of a cancellation's states.
const (
	CancelNoneCode    CancelCode = 0
	CancelRunningCode CancelCode = 1
	CancelDoneCode    CancelCode = 2
)

// Known returns the documented numbers.
func (CancelCode) Known() []string { return []string{"0", "1", "2"} }

// SimpleTransferInStatus is where a transfer in stands, in a word.
type SimpleTransferInStatus string

// The states of a transfer in, in the order of its way.
const (
	TransferInSubmitted     SimpleTransferInStatus = "INIT"
	TransferInAuthorization SimpleTransferInStatus = "AUTHORIZATION"         // the holder is to agree by e-mail
	TransferInNameCheck     SimpleTransferInStatus = "NAME_VERIFICATION"     // the name is looked at
	TransferInKeyCheck      SimpleTransferInStatus = "PASSWORD_VERIFICATION" // the transfer key is looked at
	TransferInPending       SimpleTransferInStatus = "PENDING"               // at the registry
	TransferInSucceeded     SimpleTransferInStatus = "SUCCESS"
	TransferInFailed        SimpleTransferInStatus = "FAIL"
)

// Known returns the documented states.
func (SimpleTransferInStatus) Known() []string {
	return []string{"INIT", "AUTHORIZATION", "NAME_VERIFICATION", "PASSWORD_VERIFICATION", "PENDING", "SUCCESS", "FAIL"}
}

// TransferInStatus is where a transfer in stands, exactly.
type TransferInStatus int

// The exact states of a transfer in.
const (
	TransferInBought       TransferInStatus = 10 // paid, not submitted
	TransferInMailSent     TransferInStatus = 11
	TransferInMailAccepted TransferInStatus = 19
	TransferInNameSent     TransferInStatus = 20 // the name was handed in for review
	TransferInNameRefused  TransferInStatus = 21
	TransferInNameAccepted TransferInStatus = 29
	TransferInKeyRefused   TransferInStatus = 31
	TransferInRequested    TransferInStatus = 39 // at the registry
	TransferInCancelled    TransferInStatus = 50
	TransferInBroken       TransferInStatus = 51 // failed
	TransferInExpired      TransferInStatus = 52
	TransferInDone         TransferInStatus = 59
)

// Known returns the documented states.
func (TransferInStatus) Known() []string {
	return []string{"10", "11", "19", "20", "21", "29", "31", "39", "50", "51", "52", "59"}
}

// TransferInResult says why a transfer in ended.
type TransferInResult string

// The ends of a transfer in.
const (
	TransferClientCancelled TransferInResult = "clientCancelled"        // by the new holder
	TransferClientRejected  TransferInResult = "clientRejected"         // by the losing registrar, or its customer
	TransferServerCancelled TransferInResult = "serverCancelled"        // by the registry
	TransferProhibited      TransferInResult = "transferProhibited"     // the name is locked
	TransferExpired         TransferInResult = "transferExpired"        // nobody agreed in time
	TransferNameRefused     TransferInResult = "nameVerificationFailed" // the name was refused
	TransferSubmitted       TransferInResult = "transferSubmitted"      // someone else asked for the name before
)

// Known returns the documented ends.
func (TransferInResult) Known() []string {
	return []string{
		"clientCancelled", "clientRejected", "serverCancelled", "transferProhibited", "transferExpired",
		"nameVerificationFailed", "transferSubmitted",
	}
}

// Open marks the values as shown, not decided by.
func (TransferInResult) Open() {}

// TransferInChecks says what a transfer in has to pass.
type TransferInChecks int

// The checks of a transfer in.
const (
	ChecksMailAndName TransferInChecks = 0
	ChecksMail        TransferInChecks = 1
	ChecksName        TransferInChecks = 2
	ChecksNothing     TransferInChecks = 3
)

// Known returns the documented combinations.
func (TransferInChecks) Known() []string { return []string{"0", "1", "2", "3"} }

// TransferOutStep is where a transfer out stands. Nothing is numbered 6 or 7.
type TransferOutStep int

// The steps of a transfer out.
const (
	TransferOutPhoneCheck TransferOutStep = 1
	TransferOutMailCheck  TransferOutStep = 2
	TransferOutKeySent    TransferOutStep = 3 // the transfer key was handed out
	TransferOutRequested  TransferOutStep = 4 // the registry was asked by the gaining registrar
	TransferOutDone       TransferOutStep = 5
	TransferOutFailed     TransferOutStep = 8
)

// Known returns the documented steps.
func (TransferOutStep) Known() []string { return []string{"1", "2", "3", "4", "5", "8"} }

// DSAlgorithm is the algorithm of a key, by its IANA number (RFC 8624). The
// reference runs 15 and 16 together in two of its three tables.
type DSAlgorithm int

// The algorithms. Those before RSASHA256, GOST and the last three are not fit
// for use.
const (
	RSAMD5           DSAlgorithm = 1
	DiffieHellman    DSAlgorithm = 2
	DSA              DSAlgorithm = 3
	RSASHA1          DSAlgorithm = 5
	DSANSEC3SHA1     DSAlgorithm = 6
	RSASHA1NSEC3SHA1 DSAlgorithm = 7
	RSASHA256        DSAlgorithm = 8
	RSASHA512        DSAlgorithm = 10
	ECCGOST          DSAlgorithm = 12
	ECDSAP256        DSAlgorithm = 13
	ECDSAP384        DSAlgorithm = 14
	Ed25519          DSAlgorithm = 15
	Ed448            DSAlgorithm = 16
	Indirect         DSAlgorithm = 252
	PrivateDNS       DSAlgorithm = 253
	PrivateOID       DSAlgorithm = 254
)

// Known returns the documented algorithms.
func (DSAlgorithm) Known() []string {
	return []string{"1", "2", "3", "5", "6", "7", "8", "10", "12", "13", "14", "15", "16", "252", "253", "254"}
}

// Open lets a name have records with the algorithms that came after the
// reference: the number is all that one says, and no other is taken for it.
func (DSAlgorithm) Open() {}

// DSDigestType is the digest of a DS record, by its IANA number.
type DSDigestType int

// The digests.
const (
	SHA1   DSDigestType = 1
	SHA256 DSDigestType = 2
	GOST94 DSDigestType = 3
	SHA384 DSDigestType = 4
)

// Known returns the documented digests.
func (DSDigestType) Known() []string { return []string{"1", "2", "3", "4"} }

// Open lets a name have records with the digests that came after the reference.
func (DSDigestType) Open() {}

// AuditType is what an operation audit decides on.
type AuditType int

// AuditTransfer moves names to another account of Alibaba Cloud.
const AuditTransfer AuditType = 1

// Known returns the documented types.
func (AuditType) Known() []string { return []string{"1"} }

// Open marks the values as shown, not decided by.
func (AuditType) Open() {}

// AuditStatus is the state of an operation audit. 1 to 4 are all in review;
// nothing tells them apart.
type AuditStatus int

// The states of an audit.
const (
	AuditWaiting   AuditStatus = 0 // materials are missing
	AuditReview1   AuditStatus = 1
	AuditReview2   AuditStatus = 2
	AuditReview3   AuditStatus = 3
	AuditReview4   AuditStatus = 4
	AuditFailed    AuditStatus = 5
	AuditPassed    AuditStatus = 6
	AuditCancelled AuditStatus = 7
)

// Known returns the documented states.
func (AuditStatus) Known() []string { return []string{"0", "1", "2", "3", "4", "5", "6", "7"} }

// Ended reports whether the audit has a result.
func (s AuditStatus) Ended() bool { return s >= AuditFailed && s <= AuditCancelled }

func index(all []string, s string) int {
	for i, v := range all {
		if v == s {
			return i
		}
	}
	return -1
}
