package main

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/internal/seedtest"
)

// sensitiveUses are what files do with a sensitive variable. The first of them is fine; the
// others are mistakes, of which none may quote the value.
var sensitiveUses = []string{
	"locals {\n  known = nonsensitive(var.secret != \"\")\n}\n",
	"locals {\n  wrong = [for c in split(\"\", var.secret) : c + 1]\n}\n",
	"locals {\n  wrong = jsondecode(\"[${var.secret}\")\n}\n",
	"locals {\n  first = { a = var.secret }\n  wrong = local.first[\"x\"] + tonumber(local.first.a)\n}\n",
	"locals {\n  wrong = nonsensitive(regex(var.secret, \"[\"))\n}\n",
	"locals {\n  wrong = file(var.secret)\n}\n",
	"domain \"example.net\" {\n  nameservers = [\"${var.secret}.example.com\", \"ns2.example.com\"]\n}\n",
	"domain \"example.net\" {\n  lapse = var.secret\n}\n",
	"contact \"x\" {\n  name = var.secret\n}\n",
	"domains \"x\" {\n  names = [\"${var.secret}.com\"]\n}\n",
	"account {\n  profile = var.secret\n}\n",
	"check \"x\" {\n  assert {\n    condition     = var.secret == \"\"\n    error_message = \"It is ${var.secret}.\"\n  }\n}\n",
	"variable \"other\" {\n  default = 1\n  validation {\n    condition     = var.secret == \"x\"\n    error_message = \"It is ${var.secret}.\"\n  }\n}\n",
	"domain \"example.net\" {\n  wrong = 1\n}\n",
}

// sensitiveTypes are declarations of the variable: all but the first refuse the value.
var sensitiveTypes = []string{"", "type = string", "type = number", "type = list(number)", "type = bool"}

const sensitiveFiles = `
domain "example.com" {
  transfer_lock = true
}
`

// TestNothingTellsASensitiveValue gives a variable a value in each way, uses it in each
// right and wrong way, and looks for it in all that commands print and leave behind.
func TestNothingTellsASensitiveValue(t *testing.T) {
	t.Parallel()
	seed := seedtest.First(t)
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // it draws cases, not secrets
	applied := 0
	for use, text := range sensitiveUses {
		for _, way := range []string{"flag", "environment", "file", "own file", "broken file", "default"} {
			w := secretWorld{t: t, dir: t.TempDir(), out: t.TempDir(), secret: drawSecret(random)}
			w.sim = simulator.New(simulator.Options{Seed: 1, Account: &snapshot.Account{Domains: []snapshot.Domain{{Name: "example.com", Expires: time.Now().AddDate(2, 0, 0)}}}})
			form := sensitiveTypes[random.IntN(len(sensitiveTypes))]
			if use == 0 && way != "broken file" {
				form = ""
			}
			w.give(way, form)
			writeText(t, filepath.Join(w.dir, "main.hcl"), sensitiveFiles+text)
			if code := w.play(); code == exitDone {
				applied++
			}
			w.search(way + ": " + text)
		}
	}
	if applied < 5 {
		t.Errorf("%d applies were made: nothing of a value that is used rightly was looked at", applied)
	}
}

// drawSecret returns a text that stands nowhere else.
func drawSecret(random *rand.Rand) string {
	b := []byte("qz")
	for range 14 {
		b = append(b, byte('a'+random.IntN(26)))
	}
	return string(b)
}

// secretWorld is a directory with a secret, and what commands made of it.
type secretWorld struct {
	t              *testing.T
	dir, out       string
	secret         string
	flags, environ []string
	sim            *simulator.Simulator
	printed        strings.Builder
}

// give declares the variable and gives it the secret.
func (w *secretWorld) give(way, form string) {
	block := "variable \"secret\" {\n  sensitive = true\n  " + form + "\n}\n"
	line := "secret = \"" + w.secret + "\"\n"
	file := filepath.Join(w.out, "given.vars.hcl")
	switch way {
	case "flag":
		w.flags = []string{"--var", "secret=" + w.secret}
	case "environment":
		w.environ = []string{"DOMAINSYNC_VAR_secret=" + w.secret}
	case "file":
		writeText(w.t, file, line)
		w.flags = []string{"--var-file", file}
	case "broken file":
		writeText(w.t, file, strings.TrimSuffix(line, "\"\n"))
		w.flags = []string{"--var-file", file}
	case "own file":
		writeText(w.t, filepath.Join(w.dir, "own.auto.vars.hcl"), line)
	case "default":
		block = strings.Replace(block, "sensitive", "default = \""+w.secret+"\"\n  sensitive", 1)
	}
	writeText(w.t, filepath.Join(w.dir, "variable.hcl"), block)
}

// play runs commands, and returns how the apply ended.
func (w *secretWorld) play() (code int) {
	live := filepath.Join(w.out, "live.json")
	writeText(w.t, live, `{"format_version":1,"account":"42","read_at":"2026-01-02T03:04:05Z","domains":[{"name":"example.com","transfer_lock":"OFF"}]}`)
	code = exitError
	for _, line := range []string{
		"validate", "validate --format json", "validate --format github", "fmt --check",
		"plan --live LIVE --details", "plan --live LIVE --format markdown", "plan --live LIVE --format json", "plan --live LIVE --format html",
		"plan --endpoint SERVICE --out OUT/plan.json", "apply --endpoint SERVICE --auto-approve --report OUT/report.json --log-level debug --log-format json",
		"resume --endpoint SERVICE", "runs list --format json", "runs show 1", "runs show 1 --format json", "runs show 1 --format html", "runs show 1 --format hcl",
		"domains list --live LIVE --columns all --format json", "domains show example.com --live LIVE", "domains show example.com --live LIVE --format json",
		"console --live LIVE var.secret local plan portfolio",
	} {
		line = strings.NewReplacer("LIVE", live, "OUT", w.out, "SERVICE", "http://127.0.0.1:1").Replace(line)
		var stdout, stderr strings.Builder
		a := newApp(strings.NewReader(""), &stdout, &stderr)
		a.getenv, a.credentials, a.transport = func(string) string { return "" }, simulatorKey, w.sim.Transport()
		a.environ = func() []string { return w.environ }
		ended := a.execute(w.t.Context(), append(append(strings.Fields(line), "--dir", w.dir, "--state", filepath.Join(w.out, "state"), "--qps", "10000"), w.flags...))
		if strings.HasPrefix(line, "apply") {
			code = ended
		}
		if strings.HasPrefix(line, "runs show") && code == exitDone && ended != exitDone {
			w.t.Errorf("%s shows no run that was applied:\n%s", line, stderr.String())
		}
		w.printed.WriteString("\n> " + line + "\n" + stdout.String() + stderr.String())
	}
	return code
}

// search looks for the secret in what was printed, and in all files but those that gave it.
func (w *secretWorld) search(what string) {
	w.t.Helper()
	if at := strings.Index(w.printed.String(), w.secret); at >= 0 {
		text := w.printed.String()
		w.t.Errorf("%s\nis told by: …%s", what, text[max(0, at-600):min(len(text), at+100)])
	}
	err := filepath.WalkDir(w.out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".vars.hcl") {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(w.secret)) {
			w.t.Errorf("%s\nis kept in %s", what, path)
		}
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
}
