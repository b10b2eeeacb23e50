package journal

import (
	"context"
	"encoding/json"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// An Actor is who runs the program.
type Actor struct {
	// By is the person and the machine, or the run of a CI. "": nobody knows, for a
	// former program recorded it.
	By string `json:"by,omitempty"`
	// Link leads to the run of a CI; "": there is none.
	Link string `json:"link,omitempty"`
}

// Part is what a command did of a run.
type Part string

// The parts that commands have in runs.
const (
	PartBegan     Part = "began"     // it began the run
	PartSettled   Part = "settled"   // it finished what an earlier command had sent, and dropped the rest
	PartResumed   Part = "resumed"   // it went on with the run
	PartRelocked  Part = "relocked"  // it closed the locks that the run had opened
	PartAbandoned Part = "abandoned" // it closed the run as it was
)

// A Command is one command that worked on a run, and how it ended. It is recorded when
// it ends: a run that no command has ended since it was begun or resumed is at work, or
// its process died.
type Command struct {
	Run  int64  `json:"-"`
	Name string `json:"command"` // such as "apply"
	Part Part   `json:"part"`
	Actor
	Version  string    `json:"version,omitempty"` // of the program
	Ended    time.Time `json:"ended"`
	Seconds  float64   `json:"seconds"` // from its beginning to its end
	ExitCode int       `json:"exit_code"`
	Reason   string    `json:"reason,omitempty"` // why the exit code is not 0, as the report has it
	// Work compares what it was expected to take with what it took, as JSON.
	Work json.RawMessage `json:"work,omitempty"`
}

// commandData is that of a record whose key is the name of the command.
type commandData struct {
	Part     text            `json:"part"`
	By       text            `json:"by,omitempty"`
	Link     text            `json:"link,omitempty"`
	Version  text            `json:"version,omitempty"`
	Seconds  float64         `json:"seconds"`
	ExitCode int             `json:"exit_code"`
	Reason   text            `json:"reason,omitempty"`
	Work     json.RawMessage `json:"work,omitempty"`
}

// RecordCommands records how a command ended, for each of the runs that it worked on.
func (j *Journal) RecordCommands(ctx context.Context, all []Command) error {
	if len(all) == 0 {
		return nil
	}
	records := make([]store.Record, len(all))
	for i, c := range all {
		var err error
		records[i], err = encode(about{kind: kindCommand, key: c.Name, run: c.Run, at: c.Ended}, commandData{
			Part: text(c.Part), By: text(c.By), Link: text(c.Link), Version: text(c.Version),
			Seconds: c.Seconds, ExitCode: c.ExitCode, Reason: text(c.Reason), Work: c.Work,
		})
		if err != nil {
			return err
		}
	}
	return j.append(ctx, "how the command ended", records...)
}

func decodeCommand(r *store.Record) (Command, error) {
	var d commandData
	err := decode(r, &d)
	return Command{
		Run: r.Run, Name: r.Key, Part: Part(d.Part), Actor: Actor{string(d.By), string(d.Link)}, Version: string(d.Version),
		Ended: fromMillis(r.At), Seconds: d.Seconds, ExitCode: d.ExitCode, Reason: string(d.Reason), Work: d.Work,
	}, err
}
