package wire

// SaveSingleTaskForAssociatingEnsRequest binds a wallet to a name in the
// Ethereum Name Service.
type SaveSingleTaskForAssociatingEnsRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Address    string `wire:"Address,required" doc:"the wallet's address: 0x and hexadecimal digits"`
	Common
}

// SaveSingleTaskForDisassociatingEnsRequest unbinds a name's wallet.
type SaveSingleTaskForDisassociatingEnsRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Common
}

// QueryEnsAssociationRequest asks the Ethereum Name Service for a name's
// wallet.
type QueryEnsAssociationRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Common
}

// QueryEnsAssociationResponse is a name's wallet.
type QueryEnsAssociationResponse struct {
	Meta
	Address string `wire:"Address,must,blank" doc:"the wallet's address; empty where the name has none"`
}

// QueryLocalEnsAssociationRequest asks for a name's wallet as Alibaba Cloud
// has it.
type QueryLocalEnsAssociationRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Common
}

// QueryLocalEnsAssociationResponse is a name's wallet.
type QueryLocalEnsAssociationResponse struct {
	Meta
	Address string `wire:"Address,must,blank" doc:"the wallet's address; empty where the name has none"`
}
