package snapshot

import (
	"slices"
	"time"
)

// Standing returns which of the facts of a name were read before the account was.
func (a *Account) Standing(d *Domain, f Facts) (standing Facts) {
	for _, r := range d.Read {
		if r.At.Before(a.ReadAt) {
			standing |= r.Facts & f
		}
	}
	return standing
}

// ReadTimeOf returns when a fact of a name was read.
func (a *Account) ReadTimeOf(d *Domain, fact Facts) time.Time {
	for _, r := range d.Read {
		if r.Facts&fact != 0 {
			return r.At
		}
	}
	return a.ReadAt
}

// NoteRead notes that facts of a name were read at a time, and no longer when they
// were read before. The zero time is that of the account.
func (d *Domain) NoteRead(f Facts, at time.Time) {
	if d.Read == nil && at.IsZero() {
		return
	}
	noted := at.IsZero() || f == 0
	read := make([]ReadTime, 0, len(d.Read)+1)
	for _, r := range d.Read { // the list may be another name's, too
		if r.Facts &^= f; r.At.Equal(at) {
			r.Facts |= f
			noted = true
		}
		if r.Facts != 0 {
			read = append(read, r)
		}
	}
	if !noted {
		read = append(read, ReadTime{At: at, Facts: f})
	}
	slices.SortFunc(read, func(x, y ReadTime) int { return x.At.Compare(y.At) })
	if d.Read = read; len(read) == 0 {
		d.Read = nil
	}
}
