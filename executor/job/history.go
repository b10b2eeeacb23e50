package job

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
)

// The commands that journals call otherwise than the operation of their run.
const (
	transferring  = "transfer"
	commandOfUndo = "undo"
)

// CommandNames returns what journals call the commands that work on runs.
func CommandNames() []string {
	return []string{string(Applying), string(Resuming), transferring, commandOfUndo, string(Relocking), string(Abandoning)}
}

// command is what journals call the command.
func (r *run) command() string {
	if r.transfers != nil {
		return transferring
	}
	if r.undoing != nil {
		return commandOfUndo
	}
	return string(r.result.Operation)
}

// parts are what a command does of the runs of the journal.
type parts struct {
	now   journal.Part
	byRun map[int64]journal.Part // the first of each
}

// note notes that a run of the journal is being executed.
func (p *parts) note(e executor.Event) {
	if x, ok := e.(executor.Executing); ok {
		p.of(x.Run, p.now)
	}
}

// of notes what is done of a run. What was done first says more than that its end is
// awaited.
func (p *parts) of(run int64, part journal.Part) {
	if p.byRun == nil {
		p.byRun = make(map[int64]journal.Part)
	}
	if p.byRun[run] == "" {
		p.byRun[run] = part
	}
}

// recordEnd records how the command ends, with an error or nil, for each run of the
// journal that it has worked on. Where that fails, all else is done, and the runs look
// like those of a process that died.
func (r *run) recordEnd(ended error) {
	if r.Exit == nil || len(r.parts.byRun) == 0 || isUnwritable(ended) {
		return
	}
	code, reason := r.Exit(r.result, ended)
	var all []journal.Command
	for _, id := range slices.Sorted(maps.Keys(r.parts.byRun)) {
		c := journal.Command{
			Run: id, Name: r.command(), Part: r.parts.byRun[id], Actor: r.Actor, Version: r.Version,
			Ended: r.journal.Now(), Seconds: r.result.Took.Seconds, ExitCode: code, Reason: reason,
		}
		if c.Part != journal.PartSettled && len(r.result.Work) > 0 {
			c.Work, _ = json.Marshal(r.result.Work) // numbers and texts
		}
		all = append(all, c)
	}
	if err := r.journal.RecordCommands(r.hard, all); err != nil && r.Log != nil {
		r.Log.Warn("how the run ended could not be recorded: runs list shows it as if its process had died", "error", err)
	}
}
