package wire

import (
	"bytes"
	"math/bits"
	"reflect"
	"strconv"
	"strings"
)

// Reading says how the answer to a call is to be read. It is the one place that
// decides whether an answer is one.
type Reading struct {
	// Operation is the name of the operation that was called.
	Operation string
	// Request is what was asked; nil for a call whose answer is only shown.
	Request Request
	// AbsentLists says that the service leaves out lists that are empty, at least
	// of this account: an answer without its list has an empty one. Without it,
	// such an answer is an [AnswerError].
	AbsentLists bool
}

// Decode reads an answer whose status is one of success into a response of the
// operation. It is an error where the answer says that the call failed
// ([*Error]), where it is about something else or does not tell what it must
// ([*AnswerError]), and where it is no text in JSON.
func (r *Reading) Decode(data []byte, into Response) error {
	d, err := r.decode(data, into)
	if err != nil {
		return err
	}
	s := responseSchema(reflect.TypeOf(into).Elem())
	wrong := r.judge(s, &d, into)
	if d.refusal.failed() && (wrong != nil || s.Field("code") == nil) {
		return &Error{
			Operation: r.Operation, HTTPStatus: 200, Code: d.refusal.code, Message: d.refusal.message,
			RequestID: into.ID(), Answered: true,
		}
	}
	if wrong != nil {
		wrong.Operation, wrong.RequestID = r.Operation, into.ID()
		return wrong
	}
	return nil
}

func (r *Reading) decode(data []byte, into Response) (decoder, error) {
	v := reflect.ValueOf(into).Elem()
	v.SetZero()
	d := decoder{scanner: scanner{data: bytes.TrimPrefix(data, []byte("\uFEFF"))}, absentLists: r.AbsentLists}
	if err := d.answer(responseSchema(v.Type()), v); err != nil {
		return d, &unreadable{err}
	}
	return d, nil
}

// unreadable is a text that is no answer at all.
type unreadable struct{ cause error }

// Error says what is wrong with the text.
func (e *unreadable) Error() string { return "the answer cannot be read: " + e.cause.Error() }

// Unwrap returns the cause.
func (e *unreadable) Unwrap() error { return e.cause }

// judge compares an answer with what it must tell, nil where it tells that.
func (r *Reading) judge(s *Schema, d *decoder, into Response) *AnswerError {
	o := Lookup(r.Operation)
	if r.Request == nil && (o == nil || o.Access == Read) {
		return nil
	}
	v := reflect.ValueOf(into).Elem()
	if missing := s.must &^ d.root.told; missing != 0 {
		return lacking(s, d, v, &s.Fields[bits.TrailingZeros64(missing)], missing)
	}
	if x, ok := into.(interface{ lacking() string }); ok {
		if member := x.lacking(); member != "" {
			return &AnswerError{Lack: Lack{Member: member}}
		}
	}
	if r.Request == nil {
		return nil
	}
	if d.assumed != 0 && into.ID() == "" {
		return &AnswerError{Lack: Lack{Member: "RequestId"}}
	}
	if member := o.lost(v); member != "" {
		return &AnswerError{Lack: Lack{Member: member, Problem: "it does not say where the next page begins"}}
	}
	if o.hides(r.Request, d, v) {
		return &AnswerError{Lack: Lack{Member: o.Entries().Name}}
	}
	return o.echoed(r.Request, v)
}

// lacking is the error of an answer that lacks members that it must tell.
func lacking(s *Schema, d *decoder, v reflect.Value, f *Field, missing uint64) *AnswerError {
	e := &AnswerError{Lack: Lack{Member: f.Name}}
	if d.root.odd&f.bit != 0 {
		for _, x := range v.FieldByIndex(s.lacks[0]).Interface().(Lacks) {
			if x.Member == f.Name {
				e.Lack = x
			}
		}
		return e
	}
	e.Absent = f.List && missing == f.bit && v.Addr().Interface().(Response).ID() != ""
	return e
}

// hides reports whether an answer that lacks its list says that the page has
// entries.
func (o *Operation) hides(r Request, d *decoder, v reflect.Value) bool {
	if d.assumed == 0 {
		return false
	}
	p, total := o.pages, o.Response.Field("TotalItemNum")
	if p == nil || p.number == nil || total == nil || d.assumed&p.entries.bit == 0 {
		return false
	}
	asked := reflect.ValueOf(r).Elem()
	page, size := asked.FieldByIndex(p.number.index).Int(), asked.FieldByIndex(o.Request.Field("PageSize").index).Int()
	return v.FieldByIndex(total.index).Int() > max(page-1, 0)*size
}

// lost names the cursor of an answer that leads on, and does not say where.
func (o *Operation) lost(v reflect.Value) string {
	p := o.pages
	if p == nil || p.next == nil || v.FieldByIndex(p.next.index).IsZero() {
		return ""
	}
	if !p.cursor(p.cursors[0], v.FieldByIndex(p.next.index)).IsZero() {
		return ""
	}
	return p.next.Name
}

// echo is a member of an answer that must equal one of its request.
type echo struct{ answer, request *Field }

// echoes finds the echoes of an operation in its types.
func (o *Operation) echoes() (all []echo) {
	for i := range o.Response.Fields {
		f := &o.Response.Fields[i]
		if f.Echo == "" {
			continue
		}
		if asked := o.Request.Field(f.Echo); asked != nil {
			all = append(all, echo{f, asked})
		}
	}
	return all
}

// echoed compares what an answer is about with what was asked for.
func (o *Operation) echoed(r Request, answer reflect.Value) *AnswerError {
	asked := reflect.ValueOf(r).Elem()
	for _, e := range o.echo {
		want, got := e.request.text(asked.FieldByIndex(e.request.index)), e.answer.text(answer.FieldByIndex(e.answer.index))
		switch {
		case strings.EqualFold(want, got):
		case got == "":
			return &AnswerError{Lack: Lack{Member: e.answer.Name}}
		default:
			return &AnswerError{Lack: Lack{Member: e.answer.Name}, Asked: want, Got: got}
		}
	}
	return nil
}

// body is how the outermost object of an answer says whether the call failed.
type body struct {
	code, message string
	unsuccessful  bool
}

// failed reports whether it says that the call failed.
func (b *body) failed() bool {
	return b.unsuccessful || b.code != "" && !isSuccess(b.code) || b.code == "" && b.message != "" && !isSuccess(b.message)
}

func isSuccess(text string) bool {
	return text == "200" || strings.EqualFold(text, "success") || strings.EqualFold(text, "ok")
}

// failure keeps the value of a member that says whether the call failed, and
// stays before it.
func (d *decoder) failure(key []byte, said *body) error {
	code, message := bytes.EqualFold(key, []byte("code")), bytes.EqualFold(key, []byte("message"))
	success := bytes.EqualFold(key, []byte("success"))
	if !code && !message && !success {
		return nil
	}
	text, err := d.peek()
	switch {
	case err != nil:
		return err
	case code:
		said.code = text
	case message:
		said.message = text
	case strings.EqualFold(text, "false"):
		said.unsuccessful = true
	}
	return nil
}

// peek returns the text of the scalar that comes next, "" for another value.
func (d *decoder) peek() (string, error) {
	c := d.next()
	start := d.at
	defer func() { d.at = start }()
	var text []byte
	var err error
	switch {
	case c == '"':
		text, err = d.string()
	case c != '{' && c != '[':
		text, err = d.literal()
	}
	if s := strings.TrimSpace(string(text)); s != "null" {
		return s, err
	}
	return "", err
}

// isServiceFailure reports whether a code is a status of HTTP that does not blame
// the call.
func isServiceFailure(code string) bool {
	n, err := strconv.Atoi(code)
	return err == nil && (n < 400 || n >= 500)
}
