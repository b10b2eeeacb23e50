package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/internal/browsertest"
)

// startPages serves a fleet of one job over a simulated account, which ada and bob may
// have run and approve, and vera may look at, and returns its address.
func startPages(t *testing.T, sim *simulator.Simulator) string {
	t.Helper()
	dir := t.TempDir()
	return startPagesIn(t, sim, dir, filepath.Join(dir, "state"))
}

// startPagesIn does so with the files in a directory, and the state of the fleet elsewhere.
func startPagesIn(t *testing.T, sim *simulator.Simulator, dir, state string) string {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, "corp"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(dir, "corp", "main.hcl"), accountFiles)
	file := `
job "corp" {
  dir     = "corp"
  approve = ["none", "lock"]
}

approval {
  delegation = 1
}
`
	for name, role := range map[string]fleet.Role{"ada": fleet.Approver, "bob": fleet.Approver, "vera": fleet.Viewer} {
		file += fmt.Sprintf("\nperson %q {\n  role = %q\n\n  token {\n    sha256  = %q\n    expires = %q\n  }\n}\n",
			name, role, fleet.HashOfToken("token-of-"+name), time.Now().AddDate(0, 1, 0).UTC().Format(time.DateOnly))
	}
	path := filepath.Join(dir, "fleet.hcl")
	writeText(t, path, file)
	stdout, to := io.Pipe()
	a := newApp(strings.NewReader(""), to, t.Output())
	a.getenv, a.environ, a.credentials, a.transport = func(string) string { return "" }, func() []string { return nil }, simulatorKey, sim.Transport()
	a.flags.endpoint, a.flags.fileLimits, a.flags.state, a.log = "http://127.0.0.1:1", 1, state, slog.New(slog.NewTextHandler(t.Output(), nil))
	soft, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- a.serveFleet(interrupts{soft: soft, hard: context.Background()}, serveFlags{fleet: path, listen: "127.0.0.1:0", workers: 1, drain: time.Minute})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serve ends with %v", err)
		}
	})
	said, err := bufio.NewReader(stdout).ReadString('\n')
	address, found := strings.CutPrefix(strings.TrimSpace(said), "listening on ")
	if !found {
		t.Fatalf("serve says %q, %v", said, err)
	}
	go io.Copy(io.Discard, stdout) //nolint:errcheck // it ends with the process
	return address
}

// browse does what a person does in a browser.
type browse struct {
	*browsertest.Page
	t *testing.T
}

// follow follows the link of a text.
func (b *browse) follow(text string) { b.press("a", text) }

// press presses what has a text, and waits for the page that follows.
func (b *browse) press(kind, text string) {
	b.t.Helper()
	browsertest.Evaluate[bool](b.Page, fmt.Sprintf(`(window.before = true, (() => {
		const found = Array.from(document.querySelectorAll(%q)).find(e => e.textContent.includes(%q));
		if (found) { found.click(); }
		return Boolean(found);
	})())`, kind, text))
	b.Until("!window.before && document.readyState === 'complete'")
}

// title is the headline of the page.
func (b *browse) title() string {
	return browsertest.Evaluate[string](b.Page, `document.querySelector("h1").textContent`)
}

// sees wants a text on the page.
func (b *browse) sees(text string) {
	b.t.Helper()
	if shown := browsertest.Evaluate[string](b.Page, "document.body.innerText"); !strings.Contains(shown, text) {
		b.t.Errorf("%q is not on the page:\n%s", text, shown)
	}
}

// signIn signs in with a token.
func (b *browse) signIn(token string) {
	b.t.Helper()
	b.Type(`input[type="password"]`, token)
	b.press("button.main", "Sign in")
}

// TestPersonsApproveInABrowser goes the whole way with a process that serves and a
// simulated account: one person signs in, has the job run, and watches the run to its end;
// another one looks at the plan, approves what waits, has it run again, and sees both runs
// in the history.
func TestPersonsApproveInABrowser(t *testing.T) {
	t.Parallel()
	sim := simulatedAlpha()
	address := startPages(t, sim)
	b := &browse{browsertest.Start(t).Open(t, address+"/jobs/corp", browsertest.Look{Width: 1280, Height: 900}), t}
	if b.title() != "Sign in with your token" {
		t.Fatalf("before a sign-in the page is %q", b.title())
	}
	b.Picture("serve-1-signin")
	b.signIn("token-of-bob")
	b.sees("it has not run yet")
	b.press("button", "Run now")
	b.sees("A run is asked for")
	b.untilEnd(1)
	b.Picture("serve-2-first-run")
	b.sees("Changes wait")
	b.press("button", "Sign out")
	b.signIn("token-of-ada")
	b.follow("corp")
	b.follow("waits for approval")
	b.sees("ns1.example.net, ns2.example.net")
	b.Picture("serve-3-plan")
	if n := len(sim.Saved()); n != 1 { // the lock
		t.Errorf("%d changes are saved", n)
	}
	b.Until(`(c => c && (c.checked || c.click(), c.checked))(document.querySelector('input[name="group"]')) === true`)
	b.press("button.main", "Approve")
	b.sees("Your approval is recorded")
	b.Picture("serve-4-approved")
	b.press("button", "Run now")
	b.sees("A run is asked for")
	b.untilEnd(2)
	b.sees("ended: done")
	b.Picture("serve-5-second-run")
	if n := len(sim.Saved()); n != 2 {
		t.Errorf("%d changes are saved", n)
	}
	b.follow("Runs")
	b.sees("Changes wait")
	b.sees("Done")
	b.Picture("serve-6-history")
	b.follow("Log")
	b.sees("approve")
	b.press("button", "Sign out")
	if b.title() != "Sign in with your token" {
		t.Errorf("after the sign-out the page is %q", b.title())
	}
	if said := b.Complaints(); len(said) > 0 {
		t.Errorf("the browser complains: %q", said)
	}
}

// TestPagesWithoutScripts signs in and has the job run in a browser that runs no script,
// with the table of the fleet in PostgreSQL: forms are sent, and pages load themselves
// again, by what every browser does.
func TestPagesWithoutScripts(t *testing.T) {
	t.Parallel()
	address := startPagesIn(t, simulatedAlpha(), t.TempDir(), pgtest.Start(t).Database(t))
	b := &browse{browsertest.Start(t).Open(t, address+"/jobs/corp", browsertest.Look{Width: 390, Height: 844, NoScript: true}), t}
	b.Type(`input[type="password"]`, "token-of-nobody\r")
	b.Wait(`[role="alert"]`)
	b.sees("The token is not taken")
	b.Picture("serve-noscript-1-wrong")
	b.Type(`input[type="password"]`, "token-of-bob\r")
	b.Wait(`form[action="/jobs/corp/run"]`)
	b.sees("it has not run yet")
	b.Click(`form[action="/jobs/corp/run"] button`)
	b.Wait(`.told.done`)
	b.sees("A run is asked for")
	b.Wait(`main a[href="/runs/1"]`)
	b.Click(`main a[href="/runs/1"]`)
	b.Wait(`main.minded, main .badge.minded`)
	b.sees("run 1 ended")
	b.Picture("serve-noscript-2-ended")
	if said := b.Complaints(); len(said) > 1 { // the refused sign-in is one
		t.Errorf("the browser complains: %q", said)
	}
}

// untilEnd waits on the page of the job until its run is there, goes to the run's page, and
// waits there until the run has ended: nobody loads a page again.
func (b *browse) untilEnd(run int) {
	b.t.Helper()
	link := fmt.Sprintf(`document.querySelector('main a[href="/runs/%d"]')`, run)
	b.Until(link)
	browsertest.Evaluate[bool](b.Page, link+".click(), true")
	b.Until(fmt.Sprintf(`document.querySelector("h1").textContent.includes("run %d ended")`, run))
}

// TestViewersSeeAndDoNothing: who may look sees the same, and is offered nothing.
func TestViewersSeeAndDoNothing(t *testing.T) {
	t.Parallel()
	address := startPages(t, simulatedAlpha())
	ask := func(method, path, token string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := new(http.Client).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	if code, text := ask("GET", "/jobs/corp", "token-of-vera"); code != http.StatusOK || strings.Contains(text, "Run now") {
		t.Errorf("a viewer gets %d: %s", code, text)
	}
	for _, path := range []string{"/jobs/corp/run", "/jobs/corp/approve", "/jobs/corp/pause"} {
		if code, _ := ask("POST", path, "token-of-vera"); code != http.StatusForbidden {
			t.Errorf("a viewer sends %s: %d", path, code)
		}
	}
	if code, _ := ask("POST", "/jobs/corp/pause", "token-of-ada"); code != http.StatusForbidden {
		t.Errorf("an approver pauses: %d", code)
	}
	if code, _ := ask("GET", "/", "token-of-nobody"); code != http.StatusUnauthorized {
		t.Errorf("nobody gets %d", code)
	}
}
