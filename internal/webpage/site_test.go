package webpage_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/domainsync/domainsync/internal/webpage"
)

func site(t *testing.T, script string) *webpage.Site {
	t.Helper()
	s, err := webpage.NewSite(fstest.MapFS{
		"a.html": {Data: []byte(`{{define "content"}}{{template "part" .}}{{end}}`)}, "b.html": {Data: []byte(`{{define "content"}}b{{end}}`)},
		"parts.tmpl": {Data: []byte(`{{define "part"}}<p>{{.}}</p>{{end}}`)}, "own.css": {Data: []byte(`.own{}`)}, "own.js": {Data: []byte(script)},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func written(t *testing.T, s *webpage.Site, form string, v *webpage.View) string {
	t.Helper()
	var b strings.Builder
	if err := s.Write(&b, form, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestSitesServeWhatTheirPagesLoad: each page has its own content, and loads files that
// are there, under names that change with them.
func TestSitesServeWhatTheirPagesLoad(t *testing.T) {
	t.Parallel()
	s := site(t, "1")
	page := written(t, s, "a", &webpage.View{Headline: "<h>", Content: "<c>", Scripts: []string{"own.js"}})
	if !strings.Contains(page, "<p>&lt;c&gt;</p>") || !strings.Contains(page, "<h1>&lt;h&gt;</h1>") || strings.Contains(page, "<style") {
		t.Errorf("the page is %s", page)
	}
	if other := written(t, s, "b", &webpage.View{}); strings.Contains(other, "<p>&lt;c") || !strings.Contains(other, "b</main>") && !strings.Contains(other, ">b\n") {
		t.Errorf("the other page is %s", other)
	}
	paths := 0
	for quoted := range strings.SplitSeq(page, `"`) {
		if !strings.HasPrefix(quoted, webpage.FilesPath) {
			continue
		}
		paths++
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, quoted, nil))
		if w.Code != http.StatusOK || w.Body.Len() == 0 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: status %d, %v", quoted, w.Code, w.Header())
		}
		if strings.HasSuffix(quoted, ".css") && !strings.Contains(w.Body.String(), ".own{}") {
			t.Error("the style lacks that of the site")
		}
	}
	if paths != 2 {
		t.Errorf("the page loads %d files", paths)
	}
	if again := written(t, site(t, "2"), "a", &webpage.View{Scripts: []string{"own.js"}}); again == page || strings.Contains(page, scriptOf(again)) {
		t.Error("another script has the same name")
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, webpage.FilesPath+"parts.tmpl", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("what is no file for browsers: status %d", w.Code)
	}
	if err := s.Write(new(strings.Builder), "none", &webpage.View{}); err == nil {
		t.Error("a page that there is not is written")
	}
}

// scriptOf is the script that a page loads.
func scriptOf(page string) string {
	_, rest, _ := strings.Cut(page, `<script src="`)
	src, _, _ := strings.Cut(rest, `"`)
	return src
}
