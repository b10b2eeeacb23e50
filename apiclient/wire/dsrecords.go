package wire

// QueryDSRecordRequest asks for the DS records of a name.
type QueryDSRecordRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Common
}

// QueryDSRecordResponse is the DS records of a name.
type QueryDSRecordResponse struct {
	Meta
	DSRecordList []DSRecord `wire:"DSRecordList,must,item=DSRecord,bare" doc:"the records at the registry"`
}

// DSRecord is a delegation signer record (RFC 4034, section 5).
type DSRecord struct {
	KeyTag     int          `wire:"KeyTag,must,min=0,max=65535" doc:"tag of the key that is signed for"`
	Algorithm  DSAlgorithm  `wire:"Algorithm,must,min=1,max=255" doc:"algorithm of the key, by its IANA number"`
	DigestType DSDigestType `wire:"DigestType,must,min=1,max=255" doc:"digest, by its IANA number"`
	Digest     string       `wire:"Digest,must" doc:"the digest in hexadecimal"`
}

// SaveSingleTaskForAddingDSRecordRequest adds a DS record. A name holds 8.
type SaveSingleTaskForAddingDSRecordRequest struct {
	DomainName string       `wire:"DomainName,required,idna" doc:"the name"`
	KeyTag     int          `wire:"KeyTag,required,min=0,max=65535" doc:"tag of the key that is signed for"`
	Algorithm  DSAlgorithm  `wire:"Algorithm,required" doc:"algorithm of the key, by its IANA number"`
	DigestType DSDigestType `wire:"DigestType,required" doc:"digest, by its IANA number"`
	Digest     string       `wire:"Digest,required" doc:"the digest in hexadecimal"`
	Common
}

// SaveSingleTaskForModifyingDSRecordRequest changes the DS record with a key
// tag. Two records with one tag cannot be told apart.
type SaveSingleTaskForModifyingDSRecordRequest struct {
	DomainName string       `wire:"DomainName,required,idna" doc:"the name"`
	KeyTag     int          `wire:"KeyTag,required,min=0,max=65535" doc:"tag of the record to change"`
	Algorithm  DSAlgorithm  `wire:"Algorithm,required" doc:"algorithm of the key, by its IANA number"`
	DigestType DSDigestType `wire:"DigestType,required" doc:"digest, by its IANA number"`
	Digest     string       `wire:"Digest,required" doc:"the digest in hexadecimal"`
	Common
}

// SaveSingleTaskForDeletingDSRecordRequest deletes the DS record with a key
// tag. Two records with one tag cannot be told apart.
type SaveSingleTaskForDeletingDSRecordRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	KeyTag     int    `wire:"KeyTag,required,min=0,max=65535" doc:"tag of the record to delete"`
	Common
}

// SaveSingleTaskForSynchronizingDSRecordRequest reads the DS records of a name
// from the registry anew.
type SaveSingleTaskForSynchronizingDSRecordRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Common
}
