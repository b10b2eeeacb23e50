package snapshot

import "github.com/domainsync/domainsync/apiclient/wire"

// Tasks are the account's tasks of the last weeks that somebody else saved:
// another program, a person, or this one with another state.
type Tasks struct {
	Open  []Task    // that have not ended, in the order of their numbers
	Ended int       // how many others have
	Last  wire.Span // when the newest of all was saved; zero: there is none
}

// A Task is work of the service that has not ended.
type Task struct {
	Number  string
	Type    wire.TaskType // "": not told
	Created wire.Span     // zero: not told
	Names   []string      // canonical, on which the work has not ended
	Untold  string        // why it may be about other names as well; "": it is not
}

// An Order is what somebody else has ordered for a name.
type Order struct {
	Task    string
	Type    wire.TaskType
	Created wire.Span // zero: not told
	Domain  string    // canonical; "": which name it is for was not told
	Ended   bool      // well, as far as the task tells
}
