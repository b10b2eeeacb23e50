package journal

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// decoders read the data of each kind of record, for whoever looks whether it can be
// read. Every kind has one.
var decoders = map[string]func(*store.Record) error{
	kindBinding:         decodesAs[bindingData],
	kindDeclaration:     func(r *store.Record) error { _, err := unpackNames(r.Data); return err },
	kindRun:             decodesAs[runData],
	kindPlan:            unpacks,
	kindMark:            decodesAs[markData],
	kindIntent:          decodesAs[intentData],
	kindPurchase:        decodesAs[[]purchaseData],
	kindSubmission:      decodesAs[submissionData],
	kindFailure:         decodesAs[failureData],
	kindResult:          decodesAs[[]resultData],
	kindAcknowledgement: decodesAs[[]acknowledgementData],
	kindConclusion:      decodesAs[[]conclusionData],
	kindVerification:    decodesAs[[]verificationData],
	kindSighting:        decodesAs[[]sightingData],
	kindLoss:            decodesAs[lossData],
	kindIncarnation:     decodesAs[incarnationData],
	kindMove:            decodesAs[moveData],
	kindSpent:           decodesAs[spentData],
	kindPause:           decodesAs[pauseData],
	kindUnpause:         decodesAs[unpauseData],
	kindRetained:        decodesAs[retainedData],
	kindReferringPlan:   unpacks,
	kindPersons:         decodesAs[[]personData],
	kindPersonKey:       decodesAs[personKeyData],
	kindApproval:        decodesAs[[]approvalData],
	kindRejection:       decodesAs[[]approvalData],
	kindRule:            unpacks,
	kindBrokenGlass:     decodesAs[brokenGlassData],
	kindTold:            unpacks,
	kindCommand:         decodesAs[commandData],
	kindCeilings:        unpacks,
	kindBaseline:        func(r *store.Record) error { _, err := decodeBaseline(r, new(unpacker)); return err },
}

func decodesAs[D any](r *store.Record) error {
	var d D
	return decode(r, &d)
}

func unpacks(r *store.Record) error {
	_, err := unpack(r.Data)
	return err
}

// An Inspection is what was found in a journal by reading all of it.
type Inspection struct {
	Records int
	Bytes   int64 // of their data
	Kinds   map[string]int
	Runs    int
	// Open are the runs with something left to do, the oldest first.
	Open []OpenRun
	// Undecided are the runs that are over, though what became of all that they sent
	// is not known.
	Undecided []int64
	Purchases int
	// Since is when the journal began to remember everything; zero: nothing was
	// recorded yet. Loss is why it is not since its first use, nil where it is.
	Since time.Time
	Loss  *Loss
	// Problems are what cannot be read, or contradicts itself.
	Problems []string

	runs []int64
}

// An OpenRun is a run with something left to do.
type OpenRun struct {
	Run
	Batches map[State]int // by where they stand
}

// Inspect reads every record of the journal and decodes it.
func (j *Journal) Inspect(ctx context.Context) (*Inspection, error) {
	in := &Inspection{Kinds: make(map[string]int)}
	err := j.store.Load(ctx, store.Query{}, func(r *store.Record) error {
		in.record(r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := in.memory(ctx, j); err != nil {
		return nil, err
	}
	in.Runs = len(in.runs)
	for _, id := range in.runs {
		l, err := j.Ledger(ctx, id)
		if err != nil {
			in.Problems = append(in.Problems, fmt.Sprintf("run %d: %v", id, err))
			continue
		}
		in.ledger(l)
	}
	return in, ctx.Err()
}

// record looks at one record.
func (in *Inspection) record(r *store.Record) {
	in.Records++
	in.Bytes += int64(len(r.Data))
	in.Kinds[r.Kind]++
	decodes, known := decoders[r.Kind]
	if !known {
		in.Problems = append(in.Problems, fmt.Sprintf("record %d is of the kind %q, which a newer domainsync wrote", r.Number, r.Kind))
		return
	}
	if err := decodes(r); err != nil {
		in.Problems = append(in.Problems, err.Error())
	}
	switch r.Kind {
	case kindRun:
		in.runs = append(in.runs, r.Run)
	case kindPurchase:
		_ = decodeAll(r, func(purchaseData) { in.Purchases++ }) // an error is told above
	}
}

// memory looks since when the journal is whole.
func (in *Inspection) memory(ctx context.Context, j *Journal) (err error) {
	if in.Since, err = j.RemembersSince(ctx); err != nil {
		return err
	}
	if in.Loss, err = j.SuspectLoss(ctx); err == nil && in.Loss == nil {
		in.Loss, err = j.LastLoss(ctx)
	}
	return err
}

// ledger looks what stands open of a run.
func (in *Inspection) ledger(l *Ledger) {
	open := OpenRun{Run: l.Run, Batches: make(map[State]int)}
	for _, b := range l.Batches {
		if s := b.State(); s != Acknowledged && s != Failed {
			open.Batches[s]++
		}
	}
	switch {
	case l.Open():
		in.Open = append(in.Open, open)
	case len(open.Batches) > 0 && !slices.Contains(in.Undecided, l.ID):
		in.Undecided = append(in.Undecided, l.ID)
	}
}
