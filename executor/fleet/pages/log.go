package pages

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
)

// log is the page of what was done.
func (s *Site) log(p *page) error {
	q := p.request.URL.Query()
	c := &logContent{Job: inert.Text(q.Get("job")), By: inert.Text(q.Get("by")), Deed: inert.Text(q.Get("deed"))}
	acts, older, err := newest(p.request.Context(), q, func(ctx context.Context, before int64, limit int) ([]fleet.Act, error) {
		return s.Table.Acts(ctx, actQuery(q, before, limit))
	}, func(a *fleet.Act) int64 { return a.ID })
	if err != nil {
		return err
	}
	if c.Meant, err = p.meant(q.Get("job")); err != nil {
		return err
	}
	for i := range acts {
		a := acts[i].SeenBy(p.role())
		row := actRow{At: whenOf(a.At, p.now), By: inert.Text(a.By), Deed: inert.Text(string(a.Deed)), Job: inert.Text(a.Job), Detail: inert.Text(a.Detail)}
		if a.Job != "" {
			row.ToJob = toJob(a.Job)
		}
		if a.Run > 0 {
			row.Run, row.ToRun = strconv.FormatInt(a.Run, 10), toRun(a.Run)
		}
		c.Acts = append(c.Acts, row)
	}
	filter := withQuery(q, "before", "")
	c.Pages, c.CSV, c.JSON = older, "/log/acts.csv"+filter, "/log/acts.json"+filter
	p.view.Thing = "log"
	p.show("log", "What was done, by whom and when", webpage.Calm, c)
	return nil
}

// logContent is what the page of acts has.
type logContent struct {
	Job, By, Deed string
	Meant         []jobLink
	Acts          []actRow
	Pages         *pagesOf
	CSV, JSON     string // links
}

// An actRow is an act in a list.
type actRow struct {
	At               *when
	By, Deed, Detail string
	Job, ToJob       string // "": it is about the fleet
	Run, ToRun       string // "": it is about none
}

// actQuery is what the address of a page asks for.
func actQuery(q url.Values, before int64, limit int) fleet.ActQuery {
	return fleet.ActQuery{Job: q.Get("job"), By: q.Get("by"), Deed: fleet.Deed(q.Get("deed")), Before: before, Limit: limit}
}

// An exported is an act in a file.
type exported struct {
	ID     int64     `json:"id"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Deed   string    `json:"deed"`
	Job    string    `json:"job"`
	Run    int64     `json:"run,omitempty"`
	Detail string    `json:"detail"`
}

// An exporter writes acts in one form.
type exporter interface {
	begin() error
	act(a *exported) error
	end() error
}

// exportLog answers with all acts that the address asks for, as a file.
func (s *Site) exportLog(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	var to exporter
	var kind string
	switch name {
	case "acts.csv":
		to, kind = &csvActs{csv.NewWriter(w)}, "text/csv; charset=utf-8"
	case "acts.json":
		to, kind = &jsonActs{to: w}, "application/json"
	default:
		http.NotFound(w, r)
		return
	}
	acts, err := s.Table.Acts(r.Context(), actQuery(r.URL.Query(), 0, actsAtOnce))
	if err != nil {
		p := s.begin(r)
		p.write(w, p.fail(err))
		return
	}
	head := w.Header()
	head.Set("Content-Type", kind)
	head.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	if err := s.export(r, to, s.begin(r).role(), acts); err != nil && r.Context().Err() == nil {
		s.Log.Error("the log of acts was not exported to its end", "error", err)
		panic(http.ErrAbortHandler) // whoever reads it must not take it for all
	}
}

// actsAtOnce is how many acts are read at a time.
const actsAtOnce = 1000

// export writes acts, and all that are older, as a role may read them.
func (s *Site) export(r *http.Request, to exporter, role fleet.Role, acts []fleet.Act) error {
	if err := to.begin(); err != nil {
		return err
	}
	for len(acts) > 0 {
		for i := range acts {
			a := acts[i].SeenBy(role)
			if err := to.act(&exported{a.ID, a.At.UTC(), a.By, string(a.Deed), a.Job, a.Run, a.Detail}); err != nil {
				return err
			}
		}
		var err error
		if acts, err = s.Table.Acts(r.Context(), actQuery(r.URL.Query(), acts[len(acts)-1].ID, actsAtOnce)); err != nil {
			return err
		}
	}
	return to.end()
}

// csvActs writes acts as rows for a spreadsheet, which runs none of their texts.
type csvActs struct{ to *csv.Writer }

func (c *csvActs) begin() error {
	return c.to.Write([]string{"id", "at", "by", "deed", "job", "run", "detail"})
}

func (c *csvActs) act(a *exported) error {
	run := ""
	if a.Run > 0 {
		run = strconv.FormatInt(a.Run, 10)
	}
	return c.to.Write([]string{
		strconv.FormatInt(a.ID, 10), a.At.Format(time.RFC3339), inert.Cell(a.By), inert.Cell(a.Deed), inert.Cell(a.Job), run, inert.Cell(a.Detail),
	})
}

func (c *csvActs) end() error {
	c.to.Flush()
	return c.to.Error()
}

// jsonActs writes acts as one array.
type jsonActs struct {
	to    io.Writer
	begun bool
}

func (j *jsonActs) begin() error {
	_, err := io.WriteString(j.to, "[")
	return err
}

func (j *jsonActs) act(a *exported) error {
	data, err := json.Marshal(a)
	if j.begun {
		data = slices.Insert(data, 0, ',', '\n')
	}
	j.begun = true
	_, failure := j.to.Write(data)
	return errors.Join(err, failure)
}

func (j *jsonActs) end() error {
	_, err := io.WriteString(j.to, "]\n")
	return err
}
