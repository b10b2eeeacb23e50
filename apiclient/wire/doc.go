// Package wire describes the operations of the Alibaba Cloud Domains API
// (version 2018-01-29) as Go types.
//
// An operation is a pair of types, its request and its response, and one line
// in the table of operations.go. Everything else follows from the types: the
// client encodes them, the simulator decodes and validates the same ones, and
// error texts and documentation come from their tags.
//
// A member carries up to two tags:
//
//	DomainName []string `wire:"DomainName,required,batch,items=1000,idna" doc:"names that get the nameservers"`
//
// The first part of wire is the member's name on the wire. Then may follow:
//
//	required   the member must be sent
//	unless=M   the member must be sent, unless the member M is: a true one where M is a boolean
//	default=V  what the service takes where the member is not sent
//	batch      the list that makes the operation a batch: one element a domain
//	items=N    a list holds at most N elements
//	min=N      a number is at least N
//	max=N      a number is at most N
//	idna       a domain or host name: canonical ASCII here, Unicode on the wire
//	comma      a list as one text, its elements separated by commas
//	item=NAME  a list of the answer is wrapped: {"Data":{"NAME":[…]}}
//	itemtoo=N  another name of the list's wrapper in answers
//	bare       … in XML only; in JSON the list stands bare
//	           (a list with neither stands bare in JSON and repeats its own element in XML)
//	must       an answer that does not tell the member is none; a row that does not makes its list unknown
//	tell       the member is named among the answer's Lacks where it is not told: its zero value is a fact
//	blank      an empty text is a value
//	prose      a text for people: broken characters do not make it unknown
//	twins      equal entries of a list are different ones
//	echo=M     the member equals the member M of the request, the one of its own name where M is left out
//	quoted     a number, boolean or time of the answer is text in JSON
//	alias=NAME another name that answers have for the member
//	ms         a time as milliseconds since the epoch (the rule in requests)
//	layout=L   a time as text, in the layout and zone that L names (time.go)
//	secret     a value that is never kept, logged or printed
//	newer      not in the API reference (document version 20220607): official clients have it
package wire
