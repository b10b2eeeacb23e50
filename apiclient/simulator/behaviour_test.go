package simulator_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// behaviours say what each operation must show, by its name. Each subject has
// a map of its own, beside its tests.
var behaviours = joinedBehaviours(
	domainBehaviours,
	newerListBehaviours,
	newerOrderBehaviours,
	taskBehaviours,
	changeLogBehaviours,
	profileBehaviours,
	contactBehaviours,
	orderBehaviours,
	marketBehaviours,
	emailBehaviours,
	lockBehaviours,
	hostBehaviours,
	dsBehaviours,
	ensBehaviours,
	artBehaviours,
	transferInBehaviours,
	transferOutBehaviours,
	auditBehaviours,
)

func joinedBehaviours(subjects ...map[string]behaviour) map[string]behaviour {
	all := make(map[string]behaviour)
	for _, subject := range subjects {
		maps.Copy(all, subject)
	}
	return all
}

// behaviour is what one operation must show through the client. Of each good
// call it is tested, without a word about it here, that required members must
// be there, that values must keep their bounds, what becomes of it where it is
// about something that does not exist (see absences), and that other operations
// show what a write did.
type behaviour struct {
	account *snapshot.Account // nil: three()
	// good brings the account into the state that a call needs, and returns the
	// call.
	good func(w *world) wire.Request
	// seen checks the answer, and what the call did as other operations show
	// it.
	seen func(w *world, answer wire.Response)
	// refused are calls to an account as it is at first, about what cannot be
	// done, with the service's code.
	refused []refusal
	// others are more cases, by what they show.
	others map[string]func(w *world)
}

type refusal struct {
	request wire.Request
	code    string
}

// world is an account, and those who call it. Its time is that of a bubble.
type world struct {
	*testing.T
	s   *simulator.Simulator
	c   *apiclient.Client
	raw *client // sends what the client would not
}

func newWorld(t *testing.T, b behaviour) *world {
	// A bubble begins in 2000, before the names of three were registered.
	time.Sleep(time.Until(time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)))
	account := b.account
	if account == nil {
		account = three()
	}
	s, raw := inProcess(t, simulator.Options{Account: account, Seed: 1})
	c, err := apiclient.New(apiclient.Config{
		Transport: s.Transport(), Attempts: 1,
		Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &world{T: t, s: s, c: c, raw: raw}
}

// call makes a call that succeeds.
func (w *world) call(r wire.Request) wire.Response {
	w.Helper()
	answer := wire.OperationOf(r).NewResponse()
	if err := w.c.Do(w.Context(), r, answer); err != nil {
		w.Fatalf("%v", err)
	}
	return answer
}

// code makes a call and returns the code of its refusal, "" for none.
func (w *world) code(r wire.Request) string {
	w.Helper()
	err := w.c.Do(w.Context(), r, wire.OperationOf(r).NewResponse())
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e.Code
	}
	if err != nil {
		w.Fatalf("%v", err)
	}
	return ""
}

// slow makes all tasks last that long.
func (w *world) slow(d time.Duration) {
	w.Helper()
	f := w.s.Faults()
	f.Durations = map[wire.TaskType]simulator.Range{"*": {Min: d}}
	if err := w.s.SetFaults(f); err != nil {
		w.Fatal(err)
	}
}

// end makes a call that saves a task for one name, and returns the detail,
// which has ended.
func (w *world) end(r wire.Request) wire.TaskDetail {
	w.Helper()
	return w.detail(w.call(r).(*wire.TaskResponse).TaskNo)
}

// detail returns the only detail of a task.
func (w *world) detail(taskNo string) wire.TaskDetail {
	w.Helper()
	all := ask[wire.QueryTaskDetailListResponse](w, &wire.QueryTaskDetailListRequest{TaskNo: taskNo, PageNum: 1, PageSize: 10}).Data
	if len(all) != 1 {
		w.Fatalf("task %s has %d details", taskNo, len(all))
	}
	return all[0]
}

// domain returns the facts of a name.
func (w *world) domain(name string) *wire.QueryDomainByDomainNameResponse {
	w.Helper()
	return ask[wire.QueryDomainByDomainNameResponse](w, &wire.QueryDomainByDomainNameRequest{DomainName: name})
}

// ask makes a call that succeeds, and returns its answer in its own type.
func ask[R any](w *world, r wire.Request) *R {
	w.Helper()
	return w.call(r).(any).(*R)
}

// seen adapts a check of an answer of a certain type.
func seen[R any](check func(w *world, answer *R)) func(*world, wire.Response) {
	return func(w *world, answer wire.Response) {
		w.Helper()
		check(w, answer.(any).(*R))
	}
}

func TestBehaviours(t *testing.T) {
	t.Parallel()
	for name, b := range behaviours {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := func(name string, f func(w *world)) {
				t.Run(name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { f(newWorld(t, b)) })
				})
			}
			in("good", func(w *world) {
				r := b.good(w)
				if o := wire.OperationOf(r).Name; o != name {
					w.Fatalf("the good call is one of %s", o)
				}
				answer, before := w.call(r), w.s.Stats()
				b.seen(w, answer)
				if o := wire.OperationOf(r); o.Access == wire.Write && !w.queried(o, before) {
					w.Error("what it did is not looked at through another operation")
				}
			})
			t.Run("good in both forms", b.sameInBothForms)
			in("missing members", func(w *world) { w.missing(b.good(w)) })
			in("values outside their bounds", func(w *world) { w.bounds(b.good(w)) })
			for _, a := range absencesOf(wire.Lookup(name)) {
				in("absent "+a.member, func(w *world) { w.absent(b.good(w), a) })
			}
			for _, r := range b.refused {
				in(r.code, func(w *world) {
					if got := w.code(r.request); got != r.code {
						w.Errorf("%+v: got %q, want %q", r.request, got, r.code)
					}
				})
			}
			for _, other := range slices.Sorted(maps.Keys(b.others)) {
				in(other, b.others[other])
			}
		})
	}
}

// queried reports whether an operation that reads was called since, one of tasks
// only where tasks are what the write is about.
func (w *world) queried(write *wire.Operation, since map[string]int) bool {
	for name, n := range w.s.Stats() {
		o := wire.Lookup(name)
		if n > since[name] && o.Access == wire.Read && (o.Group != wire.Tasks || write.Group == wire.Tasks) {
			return true
		}
	}
	return false
}

// missing takes each required member out of a good call, and out of the first
// element of a list: neither the client sends it nor does the simulator take
// it.
func (w *world) missing(good wire.Request) {
	for _, f := range wire.OperationOf(good).Request.All() {
		if !f.Required {
			continue
		}
		name := strings.ReplaceAll(strings.TrimSuffix(f.Path, ".N"), ".N.", ".1.")
		w.refuses(good, f, "Missing", wrong{path: name, inGo: reflect.Value.SetZero, given: f.Kind == wire.Integer || f.Kind == wire.Boolean || f.Kind == wire.Number})
	}
}

// bounds gives each member of a good call that has bounds values outside them.
func (w *world) bounds(good wire.Request) {
	for _, f := range wire.OperationOf(good).Request.All() {
		for _, bad := range outside(f) {
			w.refuses(good, f, "Invalid", bad)
		}
	}
}

// wrong is what is wrong with a member.
type wrong struct {
	path   string              // of the member, without the number of its own elements
	params []wire.Param        // that stand in its place; nil: none
	inGo   func(reflect.Value) // makes the member of a request wrong; nil: no Go value is
	given  bool                // what inGo makes is a value like others: Go has no absent number
}

// refuses spoils a member of a good call: the simulator refuses it, and the
// client does not send it.
func (w *world) refuses(good wire.Request, f wire.NamedField, code string, bad wrong) {
	w.Helper()
	o := wire.OperationOf(good)
	params := slices.DeleteFunc(wire.Params(good), func(p wire.Param) bool { return isMember(p, bad.path) })
	member, _, _ := strings.Cut(bad.path, ".")
	if got, want := w.sent(o, append(params, bad.params...)), "400 "+code+member; got != want {
		w.Errorf("%s: %d parameters in its place: got %s, want %s", bad.path, len(bad.params), got, want)
	}
	if bad.inGo == nil || bad.given {
		return
	}
	r := clone(good)
	bad.inGo(memberAt(r, bad.path))
	err := w.c.Do(w.Context(), r, o.NewResponse())
	if e, ok := errors.AsType[*wire.ParameterError](err); !ok || !isMember(wire.Param{Name: e.Member}, bad.path) || e.Missing != (code == "Missing") {
		w.Errorf("%s: the client says %v", f.Path, err)
	}
}

// outside returns what a member refuses.
func outside(f wire.NamedField) (all []wrong) {
	path := strings.ReplaceAll(strings.TrimSuffix(f.Path, ".N"), ".N.", ".1.")
	first := path
	if f.List && !f.Comma {
		first += ".1"
	}
	one := func(text string, inGo func(reflect.Value)) {
		all = append(all, wrong{path: path, params: []wire.Param{{Name: first, Value: text}}, inGo: inGo})
	}
	number := func(n int64) {
		if n == 0 && !f.Required && !f.Optional {
			one("0", nil) // in Go it is what is not given
			return
		}
		one(fmt.Sprint(n), func(v reflect.Value) { inside(v).SetInt(n) })
	}
	if f.Items > 0 {
		all = append(all, tooMany(f, path))
	}
	switch {
	case f.Known != nil && f.Kind == wire.Integer:
		number(4711)
	case f.Known != nil:
		one("another", func(v reflect.Value) { inside(v).SetString("another") })
	case f.Min != nil || f.Max != nil:
		if f.Min != nil {
			number(*f.Min - 1)
		}
		if f.Max != nil {
			number(*f.Max + 1)
		}
	case f.Kind == wire.Boolean, f.Kind == wire.Integer, f.Kind == wire.Number, f.Kind == wire.Time:
		one("many", nil)
	}
	return all
}

// tooMany is a list that is longer than it may be.
func tooMany(f wire.NamedField, path string) wrong {
	long := wrong{path: path, inGo: func(v reflect.Value) {
		one := reflect.Zero(v.Type().Elem())
		if v.Len() > 0 {
			one = v.Index(0)
		}
		for v.Len() <= f.Items {
			v.Set(reflect.Append(v, one))
		}
	}}
	for i := range f.Items + 1 {
		name := fmt.Sprintf("%s.%d", path, i+1)
		if f.Kind == wire.Struct {
			name += "." + nameIn(f.Members)
		}
		long.params = append(long.params, wire.Param{Name: name, Value: fmt.Sprintf("name-%d.example", i)})
	}
	return long
}

// nameIn returns the member of a structure that says what it is about.
func nameIn(s *wire.Schema) string {
	if s.Field("DomainName") != nil {
		return "DomainName"
	}
	return s.Fields[0].Name
}

// inside returns the value that a member holds: behind its pointer, or as the
// only element of its list.
func inside(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return v.Elem()
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return v.Index(0)
	}
	return v
}

// sent makes a call of parameters that the client would refuse, and returns
// status and code of its refusal.
func (w *world) sent(o *wire.Operation, params []wire.Param) string {
	w.Helper()
	var pairs []string
	for _, p := range params {
		pairs = append(pairs, p.Name+"="+p.Value)
	}
	return w.raw.refused(o.Name, pairs...)
}

// isMember reports whether a parameter is that member, or an element of it.
func isMember(p wire.Param, member string) bool {
	return p.Name == member || strings.HasPrefix(p.Name, member+".")
}

// clone copies a request. Lists of texts are shared, those of structures not.
func clone(r wire.Request) wire.Request {
	c := reflect.New(reflect.TypeOf(r).Elem())
	c.Elem().Set(reflect.ValueOf(r).Elem())
	for i := range c.Elem().NumField() {
		if list := c.Elem().Field(i); list.Kind() == reflect.Slice && list.Type().Elem().Kind() == reflect.Struct {
			list.Set(reflect.AppendSlice(reflect.MakeSlice(list.Type(), 0, list.Len()), list))
		}
	}
	return c.Interface().(wire.Request)
}

// memberAt returns a member of a request, or of the first element of one of its
// lists: OrderRenewParam.1.DomainName.
func memberAt(r wire.Request, path string) reflect.Value {
	name, rest, inList := strings.Cut(path, ".1.")
	v := memberOf(reflect.ValueOf(r).Elem(), name)
	if inList {
		return memberOf(v.Index(0), rest)
	}
	return v
}

// memberOf returns the member of a structure with that name on the wire.
func memberOf(v reflect.Value, name string) (member reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if tag, _, _ := strings.Cut(f.Tag.Get("wire"), ","); tag == name {
			return v.Field(i)
		}
		if f.Anonymous {
			if member = memberOf(v.Field(i), name); member.IsValid() {
				return member
			}
		}
	}
	return member
}
