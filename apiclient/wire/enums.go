package wire

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

// QueryType filters the list of names by what they need.
type QueryType string

// Known returns the documented filters: names that need renewal, redemption.
func (QueryType) Known() []string { return []string{"1", "2"} }

// ProductDomainType filters the list of names by the kind of suffix.
type ProductDomainType string

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

// The task types of the operations in the table.
const (
	TaskChangeDNS    TaskType = "CHG_DNS"
	TaskUpdateLock   TaskType = "SET_UPDATE_PROHIBITED"
	TaskTransferLock TaskType = "SET_TRANSFER_PROHIBITED"
)

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

// Code returns the number that stands beside the state: 1, 2 or 3, and 0 for a
// state that is not documented.
func (s TaskStatus) Code() int { return index(s.Known(), string(s)) + 1 }

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

// Code returns the number that stands beside the state: 0 to 3, and -1 for a
// state that is not documented. The code space differs from that of a task.
func (s DetailStatus) Code() int { return index(s.Known(), string(s)) }

// Ended reports whether the detail has a result.
func (s DetailStatus) Ended() bool { return s == DetailSuccess || s == DetailFailure }

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

// Code returns the number that stands beside the state: 0, 1 or 2.
func (s CancelStatus) Code() int { return index(s.Known(), string(s)) }

func index(all []string, s string) int {
	for i, v := range all {
		if v == s {
			return i
		}
	}
	return -1
}
