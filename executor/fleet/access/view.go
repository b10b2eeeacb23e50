package access

import (
	"bytes"
	"html/template"
	"net/http"
)

// A SignIn is the form with which people sign in.
type SignIn struct {
	To    string // where they wanted to go: the field [ToField]
	Wrong string // what is wrong with the token that was given; "": nothing
}

// A Refusal is what people see who do not get a page.
type Refusal struct {
	Status         int
	Headline, Text string
}

// A View shows what a guard has to show. It writes the status, too: that of a sign-in is
// 401 where something is wrong.
type View interface {
	SignIn(w http.ResponseWriter, r *http.Request, s SignIn)
	Refuse(w http.ResponseWriter, r *http.Request, f Refusal)
}

// plain are pages without any style.
type plain struct{}

var plainPages = template.Must(template.New("").Parse(`{{define "signin"}}<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign in</title></head>
<body><h1>domainsync</h1>
{{with .Wrong}}<p role="alert">{{.}}</p>
{{end}}<form method="post" action="/signin"><input type="hidden" name="to" value="{{.To}}">
<label>Token <input type="password" name="token" autocomplete="current-password" required autofocus></label> <button>Sign in</button></form>
</body></html>
{{end}}{{define "refusal"}}<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Headline}}</title></head>
<body><h1>{{.Headline}}</h1><p>{{.Text}}</p><p><a href="/">domainsync</a></p></body></html>
{{end}}`))

// SignIn is [View.SignIn].
func (plain) SignIn(w http.ResponseWriter, _ *http.Request, s SignIn) {
	status := http.StatusOK
	if s.Wrong != "" {
		status = http.StatusUnauthorized
	}
	writePlain(w, status, "signin", s)
}

// Refuse is [View.Refuse].
func (plain) Refuse(w http.ResponseWriter, _ *http.Request, f Refusal) {
	writePlain(w, f.Status, "refusal", f)
}

func writePlain(w http.ResponseWriter, status int, name string, content any) {
	var text bytes.Buffer
	if err := plainPages.ExecuteTemplate(&text, name, content); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(text.Bytes()) //nolint:errcheck // who has gone meanwhile misses nothing
}
