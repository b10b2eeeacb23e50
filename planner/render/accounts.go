package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// AccountPlan is the plan of one account among several.
type AccountPlan struct {
	Directory string   `json:"directory"` // of its files
	ReachedBy []string `json:"reached_by,omitempty"`
	// Note says what else there is to know of why it is planned; "": nothing.
	Note string `json:"note,omitempty"`
	// Deleted says that there are no files any more.
	Deleted  bool   `json:"deleted,omitempty"`
	ExitCode int    `json:"exit_code"` // of a command that plans this account alone
	Error    string `json:"error,omitempty"`

	Plan *planner.Plan `json:"-"` // nil: there is none
}

// filesShown is how many of the files that reach a directory are named.
const filesShown = 3

// reason says why a directory is planned; "": all are.
func (a *AccountPlan) reason(file, note func(string) string) string {
	text := ""
	if n := len(a.ReachedBy); n > 0 {
		var shown []string
		for _, name := range a.ReachedBy[:min(n, filesShown)] {
			shown = append(shown, file(words.Truncate(name, shortRunes)))
		}
		text = "Reached by " + words.List(shown, n-len(shown)) + "."
	}
	if a.Note != "" {
		text = strings.TrimSpace(text + " " + note(words.Capitalize(words.Truncate(a.Note, longRunes))) + ".")
	}
	return text
}

// deletedAccount says what follows where a directory has no files any more.
const deletedAccount = "Its files are deleted: nothing plans its names any more, and nothing renews them unless the registrar does."

// ending says why there is no plan, or what went wrong beside it.
func (a *AccountPlan) ending() string {
	switch {
	case a.Deleted:
		return deletedAccount
	case a.Error != "" && a.Plan == nil:
		return "Not planned: " + a.Error
	case a.Error != "":
		return "Not all went well: " + a.Error
	}
	return ""
}

// AccountText writes the plan of one account among several for a terminal.
func AccountText(w io.Writer, a *AccountPlan, o TextOptions) error {
	head := "=== " + inert.Text(a.Directory) + "\n"
	if reason := a.reason(inert.Text, inert.Text); reason != "" {
		head += reason + "\n"
	}
	if _, err := io.WriteString(w, head+"\n"); err != nil {
		return err
	}
	if a.Plan != nil {
		if err := Text(w, a.Plan, o); err != nil {
			return err
		}
	}
	if text := a.ending(); text != "" {
		_, err := fmt.Fprintln(w, inert.Lines(text))
		return err
	}
	return nil
}

// AccountMarkdown writes the plan of one account among several for a pull request.
func AccountMarkdown(w io.Writer, a *AccountPlan, o MarkdownOptions) error {
	head := "## " + plainText(words.Truncate(a.Directory, shortRunes)) + "\n\n"
	if reason := a.reason(codeSpan, plainText); reason != "" {
		head += reason + "\n\n"
	}
	if text := a.ending(); text != "" {
		head += "> [!CAUTION]\n> " + plainText(words.Truncate(text, longRunes)) + "\n\n"
	}
	if _, err := io.WriteString(w, head); err != nil || a.Plan == nil {
		return err
	}
	return Markdown(w, a.Plan, o)
}

// AccountJSON writes the plan of one account among several as a JSON object. Its member
// "plan" is what [JSON] writes.
func AccountJSON(w io.Writer, a *AccountPlan) error {
	members, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	if a.Plan == nil {
		_, err = inert.JSON(w).Write(members)
		return err
	}
	if _, err := inert.JSON(w).Write(members[:len(members)-len("\n}")]); err != nil {
		return err
	}
	if _, err := io.WriteString(w, ",\n  \"plan\": "); err != nil {
		return err
	}
	if err := JSON(w, a.Plan); err != nil {
		return err
	}
	_, err = io.WriteString(w, "}")
	return err
}
