package wire

import (
	"fmt"
	"hash/maphash"
	"reflect"
)

const (
	// maxPages and maxEntries are the most that is read of a list. A portfolio has
	// a million names; a service that never ends a list must not keep its reader
	// for ever.
	maxPages, maxEntries = 50_000, 2_000_000
	// maxByCursor is the most entries of a list that does not say how many it has.
	maxByCursor = 500_000
	// growth is by how many pages a list may grow while it is read, beside twice
	// what it had at first.
	growth = 50
)

// A Pager walks over the pages of a list, by number, by cursor or by scroll. What the
// service says of the list's length is a hint, which tells whether the list is
// whole: a page that brings nothing new is the last one, whatever it says.
type Pager struct {
	operation *Operation
	next      Request
	seen      map[uint64]struct{} // entries, by their hash
	seed      maphash.Seed
	text      []byte
	read      int // entries
	skipped   int // entries before the first page
	pages     int
	most      int // entries that are read
	mostPages int
}

// NewPager begins with the page that a request asks for; its size and number may
// be left out. size is that of lists for which the service states no most, 0 for
// 200.
func NewPager(r Request, size int) *Pager {
	p := &Pager{operation: OperationOf(r), next: FirstPage(r, size), seen: make(map[uint64]struct{}), seed: maphash.MakeSeed(), most: maxEntries, mostPages: maxPages}
	if how := p.operation.pages; how != nil && how.number != nil {
		first := reflect.ValueOf(p.next).Elem()
		number, size := first.FieldByIndex(how.number.index).Int(), first.FieldByIndex(p.operation.Request.Field("PageSize").index).Int()
		p.skipped = int(min(number-1, maxEntries) * size)
	}
	return p
}

// Next returns the request for the next page, nil after the last one.
func (p *Pager) Next() Request { return p.next }

// Take looks at the answer to the last request. It is an error where the list
// has ended and is not whole, or goes on beyond all bounds.
func (p *Pager) Take(answer Response) error {
	asked, how := p.next, p.operation.pages
	p.next = nil
	if how == nil {
		return nil
	}
	v := reflect.ValueOf(answer).Elem()
	fresh := p.count(how.entries, v.FieldByIndex(how.entries.index))
	if p.pages++; p.pages == 1 {
		p.bound(v)
	}
	if p.pages > p.mostPages || len(p.seen) > p.most {
		return p.fail("the list does not end: %d pages with %d entries were read", p.pages, p.read)
	}
	if how.next != nil {
		next := how.follow(copyOf(asked), v)
		if next != nil && fresh == 0 {
			return p.fail("the list does not end: its cursor leads to pages that bring nothing new")
		}
		p.next = next
		return nil
	}
	if how.scroll != nil && p.pages == 1 && fresh == 0 { // which need not tell how many there are
		p.next = how.turn(copyOf(asked), v)
		return nil
	}
	total := v.FieldByIndex(p.operation.Response.Field("TotalItemNum").index).Int()
	switch known := int64(p.known() + p.skipped); {
	case total > maxEntries:
		return p.fail("the service says that the list has %d entries, more than any list has", total)
	case how.scroll != nil && total == 0 && fresh > 0: // it does not tell how many there are
	case known >= total:
		return nil
	case fresh == 0 && p.skipped == 0:
		return p.fail("the service says that the list has %d entries, and shows %d: it changed while it was read, or is not shown as a whole", total, known)
	case fresh == 0:
		return nil
	}
	p.next = how.turn(copyOf(asked), v)
	return nil
}

func (p *Pager) fail(format string, args ...any) error {
	return &ListError{Operation: p.operation.Name, Problem: fmt.Sprintf(format, args...)}
}

// ListError is a list that could not be read as a whole, although its pages
// could.
type ListError struct{ Operation, Problem string }

// Error says which list it is and why it is not whole.
func (e *ListError) Error() string { return e.Operation + ": " + e.Problem }

// bound sets how far the list is read by what the first page says that there is.
func (p *Pager) bound(answer reflect.Value) {
	if how := p.operation.pages; how.next != nil {
		p.most = min(p.most, maxByCursor)
		return
	} else if how.scroll != nil {
		return
	}
	total := answer.FieldByIndex(p.operation.Response.Field("TotalItemNum").index).Int()
	pages := max(min(total, maxEntries), 0) / int64(max(p.read, 1))
	p.mostPages = min(maxPages, int(2*pages)+growth)
}

// count takes the entries of a page in, and returns how many of them are new.
func (p *Pager) count(f *Field, list reflect.Value) (fresh int) {
	for i := range list.Len() {
		if p.text = p.text[:0]; f.Kind == Struct {
			p.text = new(encoder).appendJSON(p.text, f.Members, list.Index(i))
		} else {
			p.text = append(p.text, f.text(list.Index(i))...)
		}
		key := maphash.Bytes(p.seed, p.text)
		if _, old := p.seen[key]; !old {
			fresh++
		}
		p.seen[key] = struct{}{}
	}
	p.read += list.Len()
	return fresh
}

// known returns how many entries of the list were read. One that shows again
// does not count: another one was missed.
func (p *Pager) known() int {
	if p.operation.pages.entries.Twins {
		return p.read
	}
	return len(p.seen)
}

func copyOf(r Request) reflect.Value {
	next := reflect.New(OperationOf(r).Request.typ)
	next.Elem().Set(reflect.ValueOf(r).Elem())
	return next
}

// turn makes a request one for the page with the next number, or for the next page
// of an answer's scroll.
func (p *paging) turn(to, answer reflect.Value) Request {
	if p.scroll != nil {
		to.Elem().FieldByIndex(p.scroll.index).Set(answer.FieldByIndex(p.kept.index))
		return to.Interface().(Request)
	}
	number := to.Elem().FieldByIndex(p.number.index)
	number.SetInt(number.Int() + 1)
	return to.Interface().(Request)
}
