package render

import (
	"fmt"
	"io"

	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// ForecastText says what a part of a run is expected to take, before it begins.
func ForecastText(part job.Part, e planner.Effort) string {
	return fmt.Sprintf("%s: %s, %s", partWords[part], words.Count(e.Total(), "call"), words.About(e.Seconds))
}

// partWords begin what is said of a part of a run.
var partWords = map[job.Part]string{job.ReadingPart: "reading", job.ChangingPart: "changes"}

// WorkText writes what the parts of a run took beside what was foreseen, a line each.
func WorkText(w io.Writer, all []job.Work) error {
	for _, x := range all {
		if _, err := fmt.Fprintf(w, "%s: %s in %s; foreseen were %s in %s\n", words.Capitalize(partWords[x.Part]),
			words.Count(x.Made.Total(), "call"), words.Seconds(x.Made.Seconds), words.Number(x.Foreseen.Total()), words.Seconds(x.Foreseen.Seconds)); err != nil {
			return err
		}
	}
	return nil
}
