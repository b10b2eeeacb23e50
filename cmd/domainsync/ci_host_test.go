package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
)

// A ciText is a comment or an issue at a host of repositories.
type ciText struct {
	ID      int
	Author  string
	Title   string
	Body    string
	Closed  bool
	Request int // that it is a comment of; 0: an issue
}

// A ciMerge is a request that was merged.
type ciMerge struct {
	request      int
	commit, head string   // commit: the last one that it became
	others       []string // before that, of a rebase
	branch       string
}

func (m *ciMerge) brought(commit string) bool {
	return m.commit == commit || slices.Contains(m.others, commit)
}

// A ciHost is a host of one repository, with as much of its API as the steps use.
type ciHost struct {
	*httptest.Server
	token string // that it takes
	self  string // who writes with it

	mu        sync.Mutex
	texts     []ciText
	merges    []ciMerge
	snapshots []ciSnapshot
	writes    []string // method and path of what changed something
	refused   []string // calls without the token
}

// A ciSnapshot is an artifact with a snapshot.
type ciSnapshot struct{ branch, content string }

func newHost(t *testing.T, self string, handler func(h *ciHost) http.Handler) *ciHost {
	t.Helper()
	h := &ciHost{token: "token-of-the-job", self: self}
	h.Server = httptest.NewServer(handler(h))
	t.Cleanup(h.Close)
	return h
}

// add puts a text there that somebody wrote, and returns its number.
func (h *ciHost) add(text ciText) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	text.ID = 100 + len(h.texts)
	h.texts = append(h.texts, text)
	return text.ID
}

// of returns what stands below a request, or the issues.
func (h *ciHost) of(request int) (texts []ciText) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, text := range h.texts {
		if text.Request == request {
			texts = append(texts, text)
		}
	}
	return texts
}

// mine returns the texts of a request that the job itself wrote.
func (h *ciHost) mine(request int) (texts []ciText) {
	for _, text := range h.of(request) {
		if text.Author == h.self {
			texts = append(texts, text)
		}
	}
	return texts
}

// change does something to the text with a number.
func (h *ciHost) change(id int, change func(text *ciText)) (found *ciText) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.texts {
		if h.texts[i].ID == id {
			change(&h.texts[i])
			return &h.texts[i]
		}
	}
	return nil
}

// permitted wants the token, and notes what is written.
func (h *ciHost) permitted(r *http.Request, token string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if token != h.token {
		h.refused = append(h.refused, r.Method+" "+r.URL.Path)
		return false
	}
	if r.Method != http.MethodGet {
		h.writes = append(h.writes, r.Method+" "+r.URL.Path)
	}
	return true
}

// guarded refuses what has not the token, as a host does.
func (h *ciHost) guarded(tokenOf func(*http.Request) string, mux http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !h.permitted(r, tokenOf(r)) {
			answer(w, http.StatusUnauthorized, map[string]string{"message": "Bad credentials"})
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body) //nolint:errcheck // the client sees a short answer
}

// page returns the part of a list that is asked for.
func page[T any](r *http.Request, list []T) []T {
	size, number := formNumber(r, "per_page"), formNumber(r, "page")
	if size < 1 || size > 100 {
		size = 30
	}
	from := min(max(number-1, 0)*size, len(list))
	return list[from:min(from+size, len(list))]
}

func formNumber(r *http.Request, name string) int {
	n, err := strconv.Atoi(r.FormValue(name))
	if err != nil {
		return 0
	}
	return n
}

func pathNumber(r *http.Request, name string) int {
	n, err := strconv.Atoi(r.PathValue(name))
	if err != nil {
		return -1
	}
	return n
}

func body(r *http.Request) (members map[string]string) {
	if json.NewDecoder(r.Body).Decode(&members) != nil {
		return nil
	}
	return members
}

// github is the API of GitHub.
func github(h *ciHost) http.Handler {
	type entry map[string]any
	shown := func(t ciText) entry {
		return entry{"id": t.ID, "number": t.ID, "title": t.Title, "body": t.Body, "user": entry{"login": t.Author, "type": "Bot"}}
	}
	mux := http.NewServeMux()
	const repo = "/repos/example/domains/"
	mux.HandleFunc("GET "+repo+"issues/{request}/comments", func(w http.ResponseWriter, r *http.Request) {
		list := []entry{}
		for _, t := range h.of(pathNumber(r, "request")) {
			list = append(list, shown(t))
		}
		answer(w, http.StatusOK, page(r, list))
	})
	mux.HandleFunc("POST "+repo+"issues/{request}/comments", func(w http.ResponseWriter, r *http.Request) {
		text := body(r)["body"]
		if n := len([]rune(text)); n == 0 || n > 65_536 {
			answer(w, http.StatusUnprocessableEntity, entry{"message": fmt.Sprintf("body has %d characters", n)})
			return
		}
		h.add(ciText{Author: h.self, Body: text, Request: pathNumber(r, "request")})
		answer(w, http.StatusCreated, entry{})
	})
	change := func(w http.ResponseWriter, r *http.Request) {
		members := body(r)
		found := h.change(pathNumber(r, "id"), func(t *ciText) {
			for member, to := range map[string]*string{"body": &t.Body, "title": &t.Title} {
				if text, ok := members[member]; ok {
					*to = text
				}
			}
			t.Closed = members["state"] == "closed" || t.Closed && members["state"] == ""
		})
		if found == nil {
			answer(w, http.StatusNotFound, entry{"message": "Not Found"})
			return
		}
		answer(w, http.StatusOK, entry{})
	}
	mux.HandleFunc("PATCH "+repo+"issues/comments/{id}", change)
	mux.HandleFunc("PATCH "+repo+"issues/{id}", change)
	mux.HandleFunc("GET "+repo+"issues", func(w http.ResponseWriter, r *http.Request) {
		list := []entry{}
		for _, t := range h.of(0) {
			if !t.Closed {
				list = append(list, shown(t))
			}
		}
		answer(w, http.StatusOK, page(r, list))
	})
	mux.HandleFunc("POST "+repo+"issues", func(w http.ResponseWriter, r *http.Request) {
		members := body(r)
		h.add(ciText{Author: h.self, Title: members["title"], Body: members["body"]})
		answer(w, http.StatusCreated, entry{})
	})
	mux.HandleFunc("GET "+repo+"commits/{commit}/pulls", func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		list := []entry{}
		for _, m := range h.merges {
			if m.brought(r.PathValue("commit")) {
				list = append(list, entry{"number": m.request, "merged_at": "2026-11-30T00:00:00Z", "merge_commit_sha": m.commit, "base": entry{"ref": m.branch}, "head": entry{"sha": m.head}})
			}
		}
		answer(w, http.StatusOK, list)
	})
	h.githubArtifacts(mux, repo)
	return h.guarded(func(r *http.Request) string {
		if r.URL.Path == "/token" { // the runner's, for identity tokens
			return h.token
		}
		return bearer(r)
	}, mux)
}

func bearer(r *http.Request) string {
	const scheme = "Bearer "
	if a := r.Header.Get("Authorization"); len(a) > len(scheme) {
		return a[len(scheme):]
	}
	return ""
}

// githubArtifacts serves snapshots as artifacts, those of requests first, and tokens of
// identity.
func (h *ciHost) githubArtifacts(mux *http.ServeMux, repo string) {
	type entry map[string]any
	mux.HandleFunc("GET "+repo+"actions/artifacts", func(w http.ResponseWriter, _ *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		list := []entry{}
		for i, s := range h.snapshots {
			from := 1
			if s.branch == "from-a-fork" { // a fork may call its branch as it likes
				s.branch, from = "main", 2
			}
			list = append(list, entry{"id": i, "expired": false, "workflow_run": entry{"head_branch": s.branch, "repository_id": 1, "head_repository_id": from}})
		}
		answer(w, http.StatusOK, entry{"artifacts": list})
	})
	mux.HandleFunc("GET "+repo+"actions/artifacts/{id}/zip", func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		var packed bytes.Buffer
		archive := zip.NewWriter(&packed)
		file, err := archive.Create("snapshot.json")
		if err == nil {
			_, err = file.Write([]byte(h.snapshots[pathNumber(r, "id")].content))
		}
		if err != nil || archive.Close() != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Write(packed.Bytes()) //nolint:errcheck // the client sees a short answer
	})
	mux.HandleFunc("GET /token", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, entry{"value": "identity for " + r.FormValue("audience") + " by " + bearer(r)})
	})
}

// gitlab is the API of GitLab.
func gitlab(h *ciHost) http.Handler {
	type entry map[string]any
	mux := http.NewServeMux()
	const project = "/api/v4/projects/9/"
	mux.HandleFunc("GET /api/v4/user", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, entry{"id": len(h.self)})
	})
	shown := func(t ciText) entry {
		return entry{"id": t.ID, "iid": t.ID, "title": t.Title, "description": t.Body, "body": t.Body, "author": entry{"id": len(t.Author)}}
	}
	list := func(w http.ResponseWriter, r *http.Request, request int) {
		entries := []entry{}
		for _, t := range h.of(request) {
			if !t.Closed {
				entries = append(entries, shown(t))
			}
		}
		answer(w, http.StatusOK, page(r, entries))
	}
	change := func(w http.ResponseWriter, r *http.Request) {
		members := body(r)
		found := h.change(pathNumber(r, "id"), func(t *ciText) {
			for member, to := range map[string]*string{"body": &t.Body, "description": &t.Body, "title": &t.Title} {
				if text, ok := members[member]; ok {
					*to = text
				}
			}
			t.Closed = t.Closed || members["state_event"] == "close"
		})
		if found == nil {
			answer(w, http.StatusNotFound, entry{"message": "404 Not found"})
			return
		}
		answer(w, http.StatusOK, entry{})
	}
	for _, kind := range []string{"merge_requests", "issues"} {
		notes := project + kind + "/{request}/notes"
		mux.HandleFunc("GET "+notes, func(w http.ResponseWriter, r *http.Request) { list(w, r, pathNumber(r, "request")) })
		mux.HandleFunc("POST "+notes, func(w http.ResponseWriter, r *http.Request) {
			h.add(ciText{Author: h.self, Body: body(r)["body"], Request: pathNumber(r, "request")})
			answer(w, http.StatusCreated, entry{})
		})
		mux.HandleFunc("PUT "+notes+"/{id}", change)
	}
	mux.HandleFunc("GET "+project+"issues", func(w http.ResponseWriter, r *http.Request) { list(w, r, 0) })
	mux.HandleFunc("PUT "+project+"issues/{id}", change)
	mux.HandleFunc("POST "+project+"issues", func(w http.ResponseWriter, r *http.Request) {
		members := body(r)
		h.add(ciText{Author: h.self, Title: members["title"], Body: members["description"]})
		answer(w, http.StatusCreated, entry{})
	})
	mux.HandleFunc("GET "+project+"repository/commits/{commit}/merge_requests", func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		entries := []entry{}
		for _, m := range h.merges {
			if m.brought(r.PathValue("commit")) {
				entries = append(entries, entry{"iid": m.request, "state": "merged", "squash_commit_sha": m.commit, "merge_commit_sha": nil, "target_branch": m.branch, "sha": m.head})
			}
		}
		answer(w, http.StatusOK, entries)
	})
	everybody := http.NewServeMux()
	everybody.HandleFunc("GET "+project+"jobs/artifacts/main/raw/domainsync/snapshot.json", func(w http.ResponseWriter, _ *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		w.Write([]byte(h.snapshots[0].content)) //nolint:errcheck // the client sees a short answer
	})
	everybody.Handle("/", h.guarded(bearer, mux))
	return everybody
}
