package wire

import (
	"cmp"
	"reflect"
	"strings"
	"time"
)

// paging is how an operation answers page by page: by the number of the page,
// by a cursor that each answer gives to the next one, or by a scroll that the
// service keeps.
type paging struct {
	entries *Field   // of the answer: the entries of the page
	number  *Field   // of the request, where pages are numbered
	next    *Field   // of the answer, where pages are reached by cursor
	cursors []*Field // of the request; a page exists where the first has a value
	scroll  *Field   // of the request, where the service keeps where it is
	kept    *Field   // of the answer: the scroll
}

// paging reads from the types how the operation is paged, nil where it is not.
func (o *Operation) paging() *paging {
	p := &paging{
		number: o.Request.Field("PageNum"), next: o.Response.Field("NextPageCursor"),
		scroll: o.Request.Field("ScrollId"), kept: o.Response.Field("ScrollId"),
	}
	if p.number == nil && p.next == nil && p.scroll == nil || o.Request.Field("PageSize") == nil {
		return nil
	}
	for i := range o.Request.Fields {
		if f := &o.Request.Fields[i]; strings.HasSuffix(f.Name, "Cursor") {
			p.cursors = append(p.cursors, f)
		}
	}
	for i := range o.Response.Fields {
		if f := &o.Response.Fields[i]; f.List {
			p.entries = f
		}
	}
	return p
}

// Entries returns the member of the operation's answer that holds the entries
// of a page, nil where the operation does not answer page by page.
func (o *Operation) Entries() *Field {
	if p := o.pages; p != nil {
		return p.entries
	}
	return nil
}

// EntryType returns the type of an entry of a page, nil where the operation
// does not answer page by page.
func (o *Operation) EntryType() reflect.Type {
	if f := o.Entries(); f != nil {
		return o.Response.typ.FieldByIndex(f.index).Type.Elem()
	}
	return nil
}

// EntriesOf returns the entries of a page. It panics for another type than the
// operation's entries have, which is a mistake in the program.
func EntriesOf[T any](o *Operation, answer Response) []T {
	return reflect.ValueOf(answer).Elem().FieldByIndex(o.Entries().index).Interface().([]T)
}

// pageSize is asked for where the service names no limit and nobody says
// otherwise.
const pageSize = 200

// FirstPage returns the request for the first of the pages that a request asks
// for: a copy of it, with a page's number and size filled in. size is that of
// lists for which the service states no most, 0 for 200.
func FirstPage(r Request, size int) Request {
	o := OperationOf(r)
	first := reflect.New(o.Request.typ)
	first.Elem().Set(reflect.ValueOf(r).Elem())
	p := o.pages
	if p == nil {
		return first.Interface().(Request)
	}
	f := o.Request.Field("PageSize")
	if m := first.Elem().FieldByIndex(f.index); m.IsZero() {
		m.SetInt(int64(cmp.Or(size, pageSize)))
		if f.Max != nil {
			m.SetInt(min(*f.Max, 1000))
		}
	}
	if p.number != nil {
		if m := first.Elem().FieldByIndex(p.number.index); m.IsZero() {
			m.SetInt(1)
		}
	}
	return first.Interface().(Request)
}

// follow puts the cursor of an answer into a request. A cursor that leads back
// to the same page ends the list as one that is empty does.
func (p *paging) follow(to, answer reflect.Value) Request {
	from := answer.FieldByIndex(p.next.index)
	moved := false
	for i, f := range p.cursors {
		m, value := to.Elem().FieldByIndex(f.index), p.cursor(f, from)
		if i == 0 && value.IsZero() {
			return nil
		}
		moved = moved || !value.Equal(m)
		m.Set(value)
	}
	if !moved {
		return nil
	}
	return to.Interface().(Request)
}

// cursor returns the member of an answer's cursor that a member of the request
// wants: TaskNoCursor is its TaskNo, CreateTimeCursor its CreateTimeLong.
func (p *paging) cursor(f *Field, from reflect.Value) reflect.Value {
	name := strings.TrimSuffix(f.Name, "Cursor")
	if exact := p.next.Members.Field(name + "Long"); exact != nil {
		if m := from.FieldByIndex(exact.index); !m.IsZero() {
			return m
		}
	}
	return from.FieldByIndex(p.next.Members.Field(name).index)
}

// Narrow returns requests that together see what one query cannot: some
// operations show no more than the first entries of a long list and say so.
// It returns nil where the answer hides nothing. An error says that the list
// cannot be divided further.
func Narrow(r Request, answer Response, now time.Time) ([]Request, error) {
	if wide, ok := r.(interface {
		narrow(answer Response, now time.Time) ([]Request, error)
	}); ok {
		return wide.narrow(answer, now)
	}
	return nil, nil
}
