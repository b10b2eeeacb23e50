package pages

import (
	"fmt"
	"maps"
	"net/url"
	"strconv"

	"github.com/domainsync/domainsync/internal/words"
)

// pagesOf says which part of a list a page shows, and where the others are.
type pagesOf struct {
	Says               string
	Newer, Older       string // links; "": there is none
	NewerText, OldText string
}

// withQuery is a link to the same page with other parameters; "" leaves one out. The list
// begins anew.
func withQuery(q url.Values, pairs ...string) string {
	q = maps.Clone(q)
	q.Del("page")
	for i := 0; i+1 < len(pairs); i += 2 {
		if q.Del(pairs[i]); pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return "?" + q.Encode()
}

// onePage returns the rows of the page that is asked for, and links to the others; nil:
// there is one page.
func onePage[T any](rows []T, most int, at *url.URL) ([]T, *pagesOf) {
	if len(rows) <= most {
		return rows, nil
	}
	last := (len(rows) + most - 1) / most
	n, err := strconv.Atoi(at.Query().Get("page"))
	if err != nil {
		n = 1
	}
	n = min(max(n, 1), last)
	from, to := (n-1)*most, min(n*most, len(rows))
	p := &pagesOf{
		Says:      fmt.Sprintf("%s to %s of %s", words.Number(from+1), words.Number(to), words.Number(len(rows))),
		NewerText: "Previous page", OldText: "Next page",
	}
	if n > 1 {
		p.Newer = withQuery(at.Query(), "page", strconv.Itoa(n-1))
	}
	if n < last {
		p.Older = withQuery(at.Query(), "page", strconv.Itoa(n+1))
	}
	return rows[from:to], p
}
