package simulator

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// maxDSRecords is the most DS records that a name holds.
const maxDSRecords = 8

// digestBytes is how long a digest is (RFC 3658, 4509, 5933, 6605).
var digestBytes = map[wire.DSDigestType]int{wire.SHA1: 20, wire.SHA256: 32, wire.GOST94: 32, wire.SHA384: 48}

var dsPart = part{
	read: func(d *domain) {
		if d.unread.DSRecords != nil {
			d.DSRecords, d.unread.DSRecords = d.unread.DSRecords, nil
		}
	},
	words: func(d *snapshot.Domain) string {
		words := make([]string, len(d.DSRecords))
		for i, r := range d.DSRecords {
			words[i] = fmt.Sprint(r.KeyTag, r.Algorithm, r.DigestType, " ", r.Digest)
		}
		return strings.Join(words, ";")
	},
}

func (s *Simulator) dsRecords(c *call, r *wire.QueryDSRecordRequest) (wire.Response, error) {
	d := s.account.byName[r.DomainName]
	if d == nil {
		return nil, errNoDomain
	}
	answer := &wire.QueryDSRecordResponse{Meta: c.meta(), DSRecordList: make([]wire.DSRecord, 0, len(d.DSRecords))}
	for _, record := range d.DSRecords {
		answer.DSRecordList = append(answer.DSRecordList, wire.DSRecord{
			KeyTag: record.KeyTag, Algorithm: wire.DSAlgorithm(record.Algorithm), DigestType: wire.DSDigestType(record.DigestType),
			Digest: strings.ToLower(record.Digest), // as the service's samples have it
		})
	}
	return answer, nil
}

func (s *Simulator) addDSRecord(c *call, r *wire.SaveSingleTaskForAddingDSRecordRequest) (wire.Response, error) {
	record, err := dsRecord(r.KeyTag, r.Algorithm, r.DigestType, r.Digest)
	if err != nil {
		return nil, err
	}
	return s.saveRegistry(c, r.DomainName, dsPart, func(d *domain) string {
		switch {
		case slices.Contains(d.DSRecords, record):
			return "The DS record exists already."
		case len(d.DSRecords) >= maxDSRecords:
			return fmt.Sprintf("The domain name has %d DS records, the most that it can have.", len(d.DSRecords))
		}
		d.DSRecords = withDSRecord(d.DSRecords, record)
		return ""
	})
}

// modifyDSRecord puts one record in the place of all that have its key tag: the
// operation cannot say which of several it means.
func (s *Simulator) modifyDSRecord(c *call, r *wire.SaveSingleTaskForModifyingDSRecordRequest) (wire.Response, error) {
	record, err := dsRecord(r.KeyTag, r.Algorithm, r.DigestType, r.Digest)
	if err != nil {
		return nil, err
	}
	return s.saveRegistry(c, r.DomainName, dsPart, func(d *domain) string {
		others := d.dsRecordsWithout(r.KeyTag)
		if len(others) == len(d.DSRecords) {
			return noDSRecord(r.KeyTag)
		}
		d.DSRecords = withDSRecord(others, record)
		return ""
	})
}

// deleteDSRecord deletes all records that have the key tag, for the same
// reason.
func (s *Simulator) deleteDSRecord(c *call, r *wire.SaveSingleTaskForDeletingDSRecordRequest) (wire.Response, error) {
	return s.saveRegistry(c, r.DomainName, dsPart, func(d *domain) string {
		others := d.dsRecordsWithout(r.KeyTag)
		if len(others) == len(d.DSRecords) {
			return noDSRecord(r.KeyTag)
		}
		d.DSRecords = others
		return ""
	})
}

func (s *Simulator) synchronizeDSRecords(c *call, r *wire.SaveSingleTaskForSynchronizingDSRecordRequest) (wire.Response, error) {
	return s.saveSingle(c, r.DomainName, dsPart.synchronize())
}

func noDSRecord(tag int) string { return fmt.Sprintf("No DS record has the key tag %d.", tag) }

// dsRecord makes a record whose digest fits its type.
func dsRecord(tag int, algorithm wire.DSAlgorithm, kind wire.DSDigestType, digest string) (snapshot.DSRecord, error) {
	raw, err := hex.DecodeString(digest)
	if err != nil || len(raw) != digestBytes[kind] {
		return snapshot.DSRecord{}, refusal(400, "InvalidDigest",
			fmt.Sprintf("Specified parameter Digest is not valid: one of type %d has %d hexadecimal digits.", kind, 2*digestBytes[kind]))
	}
	return snapshot.DSRecord{KeyTag: tag, Algorithm: int(algorithm), DigestType: int(kind), Digest: strings.ToUpper(digest)}, nil
}

func (d *domain) dsRecordsWithout(tag int) []snapshot.DSRecord {
	others := make([]snapshot.DSRecord, 0, len(d.DSRecords))
	for _, r := range d.DSRecords {
		if r.KeyTag != tag {
			others = append(others, r)
		}
	}
	return others
}

func withDSRecord(records []snapshot.DSRecord, one snapshot.DSRecord) []snapshot.DSRecord {
	all := append(slices.Clone(records), one)
	slices.SortFunc(all, snapshot.DSRecord.Compare)
	return all
}
