// Package browsertest opens pages in Chromium for tests, and notes what a page asks
// for and complains of.
package browsertest

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Required is the environment variable that makes it a failure where no browser is
// installed; elsewhere a test that needs one is skipped.
const Required = "DOMAINSYNC_TEST_SERVERS"

// Pictures is the environment variable that names a directory in which the pictures of
// pages are kept for people to look at.
const Pictures = "DOMAINSYNC_TEST_PICTURES"

// A Browser is a Chromium of its own, with a new profile, that reaches nothing but
// this machine.
type Browser struct{ ctx context.Context }

// Start starts a browser for the time of a test.
func Start(t testing.TB) *Browser {
	t.Helper()
	options := slices.Concat(chromedp.DefaultExecAllocatorOptions[:], []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(find(t)), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
	})
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("the browser did not end in order: %v", err)
		}
		cancel()
		stop()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("the browser does not start: %v", err)
	}
	return &Browser{ctx}
}

func find(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv(Required) != "" {
		t.Fatalf("chromium is not installed, and %s asks for it", Required)
	}
	t.Skip("chromium is not installed")
	return ""
}

// Look says how somebody looks at a page.
type Look struct {
	Width, Height int64 // of the window, in CSS pixels
	Dark          bool  // dark colours are preferred
	Print         bool  // as it is printed
	NoScript      bool  // scripts do not run
}

// A Page is a page in a tab of its own.
type Page struct {
	t   testing.TB
	ctx context.Context

	mu         sync.Mutex
	requests   []string
	complaints []string
}

// Open opens a page in a new tab and waits until it is loaded.
func (b *Browser) Open(t testing.TB, url string, look Look) *Page {
	t.Helper()
	p := &Page{t: t}
	var cancel context.CancelFunc
	p.ctx, cancel = chromedp.NewContext(b.ctx, chromedp.WithListener(p.note))
	t.Cleanup(cancel)
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error { return look.apply(ctx) }),
		chromedp.EmulateViewport(look.Width, look.Height), chromedp.Navigate(url))
	return p
}

// apply makes a tab look so, and tell what happens in it.
func (l Look) apply(ctx context.Context) error {
	scheme, media := "light", "screen"
	if l.Dark {
		scheme = "dark"
	}
	if l.Print {
		media = "print"
	}
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		return fmt.Errorf("set the colours: %w", err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: l.NoScript}); err != nil {
		return fmt.Errorf("switch scripts: %w", err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		return fmt.Errorf("listen to requests: %w", err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, struct{}{}); err != nil {
		return fmt.Errorf("listen to the log: %w", err)
	}
	if _, err := chromedp.Call(ctx, audits.Enable, struct{}{}); err != nil {
		return fmt.Errorf("listen to violations: %w", err)
	}
	return nil
}

// note notes what a tab tells.
func (p *Page) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	case *runtime.EventConsoleAPICalled:
		p.complaints = append(p.complaints, fmt.Sprintf("console: %s: %d arguments", e.Type, len(e.Args)))
	case *runtime.EventExceptionThrown:
		p.complaints = append(p.complaints, "exception: "+e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		p.complaints = append(p.complaints, fmt.Sprintf("log: %s: %s", e.Entry.Level, e.Entry.Text))
	case *audits.EventIssueAdded:
		p.complaints = append(p.complaints, fmt.Sprintf("issue: %s", e.Issue.Code))
	}
}

// Requests returns what the page asked for, itself first.
func (p *Page) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Complaints returns what the page or the browser said on its console, and what
// violated a policy.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.complaints)
}

func (p *Page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// Type types a text into the element that a selector finds.
func (p *Page) Type(selector, text string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Click clicks on the element that a selector finds.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// Until waits until an expression in JavaScript is true.
func (p *Page) Until(expression string) {
	p.t.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[chromedp.Void](expression)); err != nil {
		p.t.Fatalf("it does not become true that %s: %v", expression, err)
	}
}

// Evaluate returns the value of an expression in JavaScript, also on a page whose own
// scripts do not run.
func Evaluate[T any](p *Page, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// Picture returns what the window shows. A copy goes to the directory that [Pictures]
// names.
func (p *Page) Picture(name string) image.Image {
	p.t.Helper()
	data, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if dir := os.Getenv(Pictures); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), data, 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		p.t.Fatal(err)
	}
	return picture
}
