package pages_test

import (
	"net/http/httptest"
	"testing"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/pages"
	"github.com/domainsync/domainsync/internal/browsertest"
)

// The looks at a page.
var (
	desktop = browsertest.Look{Width: 1280, Height: 900}
	phone   = browsertest.Look{Width: 390, Height: 844}
	dark    = browsertest.Look{Width: 1280, Height: 900, Dark: true}
)

// TestPagesInABrowser looks at pages as people do: at a desk, on a phone, in the dark and
// without scripts.
func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	stopping := make(chan struct{})
	server := httptest.NewServer(guarded(t, pages.Options{Table: someJobs(t), Accounts: &fakeAccounts{plan: waitingPlan()}, Clock: standing(), Stopping: stopping}, fleet.Admin))
	defer server.Close()
	defer close(stopping)
	for name, path := range map[string]string{
		"accounts": "/", "account": "/jobs/corp", "paused": "/jobs/events", "running": "/runs/100", "ended": "/runs/2", "missing": "/jobs/none",
		"history": "/runs", "endangered": "/endangered?q=corp", "log": "/log", "cost": "/cost", "expiry": "/expiry", "plan": "/jobs/defence/plan?done=approve",
	} {
		for look, l := range map[string]browsertest.Look{"desktop": desktop, "phone": phone, "dark": dark} {
			l.NoScript = name == "running" && look == "phone"
			page := b.Open(t, server.URL+path, l)
			browsertest.CheckPicture(t, page.Picture("fleet-"+name+"-"+look), l.Dark)
			checkPage(t, page, name+" "+look, l)
		}
	}
}

// checkPage looks for what no page may have.
func checkPage(t *testing.T, page *browsertest.Page, name string, l browsertest.Look) {
	t.Helper()
	if w := browsertest.Evaluate[int64](page, "document.documentElement.scrollWidth"); w > l.Width {
		wider := browsertest.Evaluate[[]string](page, `Array.from(document.querySelectorAll("body *")).filter(e => e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.outerHTML.slice(0, 200))`)
		t.Errorf("%s: the page is %d wide in a window of %d: %q", name, w, l.Width, wider)
	}
	if texts := page.Faint(); len(texts) > 0 {
		t.Errorf("%s: hard to read: %q", name, texts)
	}
	if said := page.Complaints(); len(said) > 0 && name[:4] != "miss" {
		t.Errorf("%s: the browser complains: %q", name, said)
	}
	unlabelled := browsertest.Evaluate[[]string](page, `Array.from(document.querySelectorAll("input:not([type=hidden]),select,textarea")).filter(e => !e.labels.length && !e.getAttribute("aria-label")).map(e => e.outerHTML)
		.concat(Array.from(document.querySelectorAll("table")).filter(e => !e.querySelector("thead th[scope=col]")).map(e => e.outerHTML.slice(0, 100)))
		.concat(document.querySelectorAll("h1").length === 1 ? [] : ["not one h1"])`)
	if len(unlabelled) > 0 {
		t.Errorf("%s: without a label: %q", name, unlabelled)
	}
}

// TestEnterApprovesNothing: who writes why changes are wrong, and presses Enter, rejects
// them.
func TestEnterApprovesNothing(t *testing.T) {
	t.Parallel()
	accounts := &fakeAccounts{plan: waitingPlan()}
	server := httptest.NewServer(guarded(t, pages.Options{Table: someJobs(t), Accounts: accounts, Clock: standing()}, fleet.Approver))
	defer server.Close()
	page := browsertest.Start(t).Open(t, server.URL+"/jobs/defence/plan", desktop)
	page.Click(`input[name="all"]`)
	page.Type(`input[name="reason"]`, "wrong servers\r")
	page.Until(`document.body.innerText.includes("is recorded")`)
	accounts.mu.Lock()
	defer accounts.mu.Unlock()
	if len(accounts.made) != 1 || !accounts.made[0].Reject || accounts.made[0].Reason != "wrong servers" {
		t.Errorf("what is recorded is %+v", accounts.made)
	}
}

// focused says where the focus is: what has it, whether people see that it does, and how
// many elements that take it stand before it on the page.
type focused struct {
	Tag, Name, Text string
	Seen            bool
	At              int
}

// focus returns where the focus is.
func focus(page *browsertest.Page) focused {
	return browsertest.Evaluate[focused](page, `(() => {
		const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
		const all = Array.from(document.querySelectorAll("a[href],button,input:not([type=hidden]),summary,[tabindex]"));
		return {Tag: e.tagName, Name: e.name || "", Text: e.textContent.trim(), At: all.indexOf(e),
			Seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1 && box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight};
	})()`)
}

// tabTo presses Tab until the focus is where somebody wants it. On its way it goes as the
// page reads, and is seen everywhere.
func tabTo(t *testing.T, page *browsertest.Page, wanted func(focused) bool) {
	t.Helper()
	for before, n := focus(page), 0; n < 60; n++ {
		page.Press("\t")
		f := focus(page)
		if !f.Seen || f.At <= before.At && before.At >= 0 {
			t.Errorf("the focus goes from %+v to %+v", before, f)
		}
		if before = f; wanted(f) {
			return
		}
	}
	t.Fatalf("the focus never gets there: it is at %+v", focus(page))
}

// TestPagesByKeyboard approves a change without a mouse: past the menu, to what waits, to
// the button, and reads that it is recorded.
func TestPagesByKeyboard(t *testing.T) {
	t.Parallel()
	accounts := &fakeAccounts{plan: waitingPlan()}
	server := httptest.NewServer(guarded(t, pages.Options{Table: someJobs(t), Accounts: accounts, Clock: standing()}, fleet.Approver))
	defer server.Close()
	page := browsertest.Start(t).Open(t, server.URL+"/jobs/defence/plan", desktop)
	tabTo(t, page, func(f focused) bool { return f.Text == "Skip to the content" })
	page.Picture("fleet-keyboard-skip")
	page.Press("\r")
	tabTo(t, page, func(focused) bool { return true })
	if first := focus(page); !browsertest.Evaluate[bool](page, `document.querySelector("main").contains(document.activeElement)`) {
		t.Errorf("behind the link that skips the menu is %+v", first)
	}
	if focus(page).Name != "all" {
		tabTo(t, page, func(f focused) bool { return f.Name == "all" })
	}
	page.Press(" ")
	tabTo(t, page, func(f focused) bool { return f.Tag == "BUTTON" && f.Text == "Approve what is selected" })
	page.Picture("fleet-keyboard-approve")
	page.Press("\r")
	page.Until(`document.querySelector("[role=status]")?.textContent.includes("is recorded")`)
	accounts.mu.Lock()
	defer accounts.mu.Unlock()
	if len(accounts.made) != 1 || accounts.made[0].Reject || len(accounts.made[0].Changes) != 4 {
		t.Errorf("what is recorded is %+v", accounts.made)
	}
}
