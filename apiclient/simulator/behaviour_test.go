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

// behaviour is what one operation must show through the client. That required
// members must be there and that values must keep their bounds is tested for
// all members of the good call, without a word about it here.
type behaviour struct {
	account *snapshot.Account // nil: three()
	// good brings the account into the state that a call needs, and returns the
	// call.
	good func(w *world) wire.Request
	// seen checks the answer, and what the call did as other operations show
	// it.
	seen func(w *world, answer wire.Response)
	// refused are calls to an account as it is at first, about what does not
	// exist or cannot be done, with the service's code.
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
				b.seen(w, w.call(r))
			})
			t.Run("good in both forms", b.sameInBothForms)
			in("missing members", func(w *world) { w.missing(b.good(w)) })
			in("values outside their bounds", func(w *world) { w.bounds(b.good(w)) })
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

// missing takes each required member out of a good call: neither the client
// sends it nor does the simulator take it.
func (w *world) missing(good wire.Request) {
	o := wire.OperationOf(good)
	for i := range o.Request.Fields {
		f := &o.Request.Fields[i]
		if !f.Required {
			continue
		}
		params := slices.DeleteFunc(wire.Params(good), func(p wire.Param) bool { return isMember(p, f.Name) })
		if got, want := w.sent(o, params), "400 Missing"+f.Name; got != want {
			w.Errorf("without %s: got %s, want %s", f.Name, got, want)
		}
		without := clone(good)
		memberOf(without, f.Name).SetZero()
		err, isOne := errors.AsType[*wire.ParameterError](wire.Validate(without))
		// Go has no absent number and no absent boolean.
		if always := f.Kind == wire.Integer || f.Kind == wire.Boolean || f.Kind == wire.Number; !always && (!isOne || !err.Missing || err.Member != f.Name) {
			w.Errorf("without %s: the client says %v", f.Name, err)
		}
	}
}

// bounds gives each member of a good call that has bounds a value outside
// them.
func (w *world) bounds(good wire.Request) {
	o := wire.OperationOf(good)
	for i := range o.Request.Fields {
		f := &o.Request.Fields[i]
		if f.List && f.Kind == wire.Struct {
			w.elements(good, f)
			continue
		}
		bad, inGo := outside(f)
		if bad == nil {
			continue
		}
		params := slices.DeleteFunc(wire.Params(good), func(p wire.Param) bool { return isMember(p, f.Name) })
		if got, want := w.sent(o, append(params, bad...)), "400 Invalid"+f.Name; got != want {
			w.Errorf("%s = %q: got %s, want %s", f.Name, bad[0].Value, got, want)
		}
		if inGo == nil {
			continue
		}
		r := clone(good)
		set(memberOf(r, f.Name), inGo)
		err := w.c.Do(w.Context(), r, o.NewResponse())
		if e, ok := errors.AsType[*wire.ParameterError](err); !ok || !isMember(wire.Param{Name: e.Member}, f.Name) {
			w.Errorf("%s = %v: the client says %v", f.Name, inGo, err)
		}
	}
}

// elements takes required members out of the first element of a list, gives
// others values outside their bounds, and makes the list too long.
func (w *world) elements(good wire.Request, list *wire.Field) {
	o, first := wire.OperationOf(good), list.Name+".1."
	refuse := func(want string, gone string, more ...wire.Param) {
		w.Helper()
		params := slices.DeleteFunc(wire.Params(good), func(p wire.Param) bool { return p.Name == gone })
		if got := w.sent(o, append(params, more...)); got != want+list.Name {
			w.Errorf("without %s, with %d others: got %s, want %s", gone, len(more), got, want+list.Name)
		}
	}
	for i := range list.Members.Fields {
		f := &list.Members.Fields[i]
		if f.Required {
			refuse("400 Missing", first+f.Name)
		}
		if bad, _ := outside(f); bad != nil {
			refuse("400 Invalid", first+f.Name, wire.Param{Name: first + bad[0].Name, Value: bad[0].Value})
		}
	}
	var many []wire.Param
	for i := range list.Items {
		many = append(many, wire.Param{Name: fmt.Sprintf("%s.%d.DomainName", list.Name, i+2), Value: fmt.Sprintf("name-%d.example", i)})
	}
	refuse("400 Invalid", "", many...)
}

// outside returns parameters that a member refuses, and the same as a value in
// Go where there is one.
func outside(f *wire.Field) (params []wire.Param, inGo any) {
	name := f.Name
	if f.List && !f.Comma {
		name += ".1"
	}
	one := func(text string) []wire.Param { return []wire.Param{{Name: name, Value: text}} }
	switch {
	case f.Kind == wire.Integer && f.Max != nil:
		return one(fmt.Sprint(*f.Max + 1)), *f.Max + 1
	case f.Kind == wire.Integer && f.Known != nil:
		return one("4711"), int64(4711)
	case f.Kind == wire.Integer && f.Min != nil && (f.Required || f.Optional || *f.Min-1 != 0):
		return one(fmt.Sprint(*f.Min - 1)), *f.Min - 1
	case f.Kind == wire.Integer && f.Min != nil:
		return one(fmt.Sprint(*f.Min - 1)), nil // 0 in Go is what is not given
	case f.Known != nil:
		return one("another"), "another"
	case f.List && f.Items > 0 && f.Kind == wire.String:
		for i := range f.Items + 1 {
			params = append(params, wire.Param{Name: fmt.Sprintf("%s.%d", f.Name, i+1), Value: fmt.Sprintf("name-%d.example", i)})
		}
		return params, nil
	case f.Kind == wire.Boolean, f.Kind == wire.Integer, f.Kind == wire.Number, f.Kind == wire.Time:
		return one("many"), nil
	}
	return nil, nil
}

// set gives a member a value, through a pointer where it is one, and as the
// only element of a list.
func set(v reflect.Value, to any) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		v = v.Index(0)
	}
	switch to := to.(type) {
	case int64:
		v.SetInt(to)
	case string:
		v.SetString(to)
	}
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

// clone copies a request. Its lists are shared.
func clone(r wire.Request) wire.Request {
	c := reflect.New(reflect.TypeOf(r).Elem())
	c.Elem().Set(reflect.ValueOf(r).Elem())
	return c.Interface().(wire.Request)
}

// memberOf returns the member of a request with that name on the wire.
func memberOf(r wire.Request, name string) (member reflect.Value) {
	var find func(v reflect.Value)
	find = func(v reflect.Value) {
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if tag, _, _ := strings.Cut(f.Tag.Get("wire"), ","); tag == name {
				member = v.Field(i)
			} else if f.Anonymous {
				find(v.Field(i))
			}
		}
	}
	find(reflect.ValueOf(r).Elem())
	return member
}
