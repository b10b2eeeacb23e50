// Package browsertest opens pages in Chromium for tests, and notes what a page asks
// for and complains of.
package browsertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/domainsync/domainsync/internal/clock"
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
	if err := chromedp.Do(p.ctx); err != nil { // a tab lives as long as the context of its first step
		t.Fatal(err)
	}
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
		said := fmt.Sprintf("issue: %s", e.Issue.Code)
		if d := e.Issue.Details; d != nil && d.GenericIssueDetails != nil {
			said += fmt.Sprintf(": %s", d.GenericIssueDetails.ErrorType)
		}
		p.complaints = append(p.complaints, said)
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

// patience is how long anything on a page may take. What never comes fails its test, and
// does not keep all tests until their own time is over.
const patience = 2 * time.Minute

// soon is the context of something that is done with the page.
func (p *Page) soon() (context.Context, context.CancelFunc) {
	return clock.Clock{}.WithTimeoutCause(p.ctx, patience, errors.New("it did not come in time"))
}

func (p *Page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, end := p.soon()
	defer end()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%v (%v)", err, context.Cause(ctx))
	}
}

// Type types a text into the element that a selector finds.
func (p *Page) Type(selector, text string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Press presses keys, one after another, where the focus is.
func (p *Page) Press(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// Wait waits until the page has an element that a selector finds, also where no script
// runs.
func (p *Page) Wait(selector string) {
	p.t.Helper()
	p.do(chromedp.WaitReady(chromedp.CSS(selector)))
}

// Click clicks on the element that a selector finds.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// Until waits until an expression in JavaScript is true, also where that is on another
// page that the tab goes to meanwhile.
func (p *Page) Until(expression string) {
	p.t.Helper()
	ctx, end := p.soon()
	defer end()
	for {
		_, err := chromedp.Run(ctx, chromedp.Poll[chromedp.Void](expression))
		switch {
		case err == nil:
			return
		case !isLeft(err):
			p.t.Fatalf("it does not become true that %s: %v", expression, err)
		}
	}
}

// isLeft reports whether an expression has no result because its page was left.
func isLeft(err error) bool {
	for _, said := range []string{"navigated or closed", "Cannot find context", "context was destroyed"} {
		if strings.Contains(err.Error(), said) {
			return true
		}
	}
	return false
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

// PDF returns the page as it is printed. A copy goes to the directory that [Pictures]
// names.
func (p *Page) PDF(name string) []byte {
	p.t.Helper()
	var made page.PrintToPDFResult
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) (err error) {
		made, err = chromedp.Call(ctx, page.PrintToPDF, page.PrintToPDFParams{PrintBackground: new(true)})
		return err
	}))
	if dir := os.Getenv(Pictures); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".pdf"), made.Data, 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	return made.Data
}

// CheckPicture looks for what people see: a page that is not blank, in light or dark
// colours.
func CheckPicture(t testing.TB, picture image.Image, dark bool) {
	t.Helper()
	seen := make(map[color.Color]int)
	all, light := 0, 0
	bounds := picture.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y += 2 {
		for x := bounds.Min.X; x < bounds.Max.X; x += 2 {
			c := picture.At(x, y)
			seen[c]++
			all++
			if g, _ := color.GrayModel.Convert(c).(color.Gray); g.Y > 128 {
				light++
			}
		}
	}
	if len(seen) < 20 {
		t.Errorf("the picture has %d colours: it is blank", len(seen))
	}
	if isDark := light < all/2; isDark != dark {
		t.Errorf("%d of %d pixels are light, and dark is %v", light, all, dark)
	}
}

// faint finds texts that stand out too little from what is behind them: less than 4.5
// to 1 (WCAG 2.2, 1.4.3), and 3 to 1 for large ones.
const faint = `(() => {
	const colors = (text) => (text.match(/[\d.]+/g) || []).map(Number);
	const light = (c) => { const f = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 };
		return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]) };
	const behind = (e) => { for (; e; e = e.parentElement) { const c = colors(getComputedStyle(e).backgroundColor);
		if (c.length === 3 || c[3] === 1) return c } return [255, 255, 255] };
	const found = new Set();
	for (const e of document.querySelectorAll("body *")) {
		if (!Array.from(e.childNodes).some((n) => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility()) continue;
		const style = getComputedStyle(e);
		const own = light(colors(e instanceof SVGElement ? style.fill : style.color)), back = light(behind(e));
		const ratio = (Math.max(own, back) + 0.05) / (Math.min(own, back) + 0.05);
		if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) found.add(e.tagName + "." + (e.getAttribute("class") || "") + " " + ratio.toFixed(2) + ": " + e.textContent.slice(0, 40));
	}
	return Array.from(found);
})()`

// Faint returns the texts of the page that people with weak eyes cannot read.
func (p *Page) Faint() []string {
	p.t.Helper()
	return Evaluate[[]string](p, faint)
}
