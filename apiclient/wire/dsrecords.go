package wire

// QueryDSRecordRequest asks for the DS records of a name.
type QueryDSRecordRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Common
}

// QueryDSRecordResponse is the DS records of a name.
type QueryDSRecordResponse struct {
	Meta
	DSRecordList []DSRecord `wire:"DSRecordList,item=DSRecord,bare" doc:"the records at the registry"`
}

// DSRecord is a delegation signer record (RFC 4034, section 5).
type DSRecord struct {
	KeyTag     int    `wire:"KeyTag" doc:"tag of the key that is signed for"`
	Algorithm  int    `wire:"Algorithm" doc:"algorithm of the key, by its IANA number"`
	DigestType int    `wire:"DigestType" doc:"digest, by its IANA number"`
	Digest     string `wire:"Digest" doc:"the digest in hexadecimal"`
}
