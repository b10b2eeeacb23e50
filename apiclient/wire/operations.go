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
	Domains   Group = "domains"
	Tasks     Group = "tasks"
	DSRecords Group = "DS records"
)

// An Operation is what the program knows of one operation of the service.
type Operation struct {
	Name     string // the Action parameter
	Section  string // section of the API reference
	Group    Group
	Access   Access
	Summary  string
	Task     TaskType // what the tasks it saves are called; "" where it saves none
	Request  *Schema
	Response *Schema
	repeat   bool
}

// Async reports whether the operation saves a task whose results come later.
func (o *Operation) Async() bool { return o.Task != "" }

// Repeatable reports whether sending the operation twice does the same as
// sending it once: reads, and writes that only set something to a state.
func (o *Operation) Repeatable() bool { return o.Access == Read || o.repeat }

// BatchSize is the largest number of subjects in one call, 1 where the
// operation takes one.
func (o *Operation) BatchSize() int {
	if f := o.Request.batch; f != nil {
		return f.Items
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
	op[QueryDomainByDomainNameRequest, QueryDomainByDomainNameResponse]("5.53", Domains, Read, "read the facts of one name"),
	op[QueryDomainByInstanceIdRequest, QueryDomainByInstanceIdResponse]("5.11", Domains, Read, "read the facts of one instance"),
	op[SaveBatchTaskForModifyingDomainDnsRequest, TaskResponse]("5.24", Domains, Write, "set the nameservers of names").saves(TaskChangeDNS),
	op[SaveBatchTaskForTransferProhibitionLockRequest, TaskResponse]("5.25", Domains, Write, "switch the transfer lock of names").saves(TaskTransferLock),
	op[SaveBatchTaskForUpdateProhibitionLockRequest, TaskResponse]("5.26", Domains, Write, "switch the update lock of names").saves(TaskUpdateLock),
	op[QueryDSRecordRequest, QueryDSRecordResponse]("5.52", DSRecords, Read, "list the DS records of a name"),
	op[PollTaskResultRequest, PollTaskResultResponse]("5.7", Tasks, Read, "list results that nobody has acknowledged"),
	op[AcknowledgeTaskResultRequest, AcknowledgeTaskResultResponse]("5.1", Tasks, Write, "take results off the queue").repeatable(),
	op[QueryTaskListRequest, QueryTaskListResponse]("5.16", Tasks, Read, "list the tasks of the account"),
	op[QueryTaskInfoHistoryRequest, QueryTaskInfoHistoryResponse]("5.15", Tasks, Read, "list older tasks"),
	op[QueryTaskDetailListRequest, QueryTaskDetailListResponse]("5.14", Tasks, Read, "list the details of a task"),
	op[QueryTaskDetailHistoryRequest, QueryTaskDetailHistoryResponse]("5.13", Tasks, Read, "list the details of an older task"),
	op[CancelTaskRequest, CancelTaskResponse]("5.60", Tasks, Write, "cancel a task that has not ended").repeatable(),
}

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

func (o *Operation) saves(t TaskType) *Operation { o.Task = t; return o }
func (o *Operation) repeatable() *Operation      { o.repeat = true; return o }

// Operations returns all operations in the order of their names.
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
