package wire

// DNSHost is a host object of a name at the registry, which delegations need
// where a nameserver lies within the delegated name (RFC 5732).
type DNSHost struct {
	DNSName string   `wire:"DnsName,must" doc:"the host's label below the name, ns1 say"`
	IPList  []string `wire:"IpList,must,item=ip,bare" doc:"its addresses"`
}

// QueryDnsHostRequest asks for the host objects of a name.
type QueryDnsHostRequest struct {
	InstanceID string `wire:"InstanceId,required" doc:"the name's instance"`
	Common
}

// QueryDnsHostResponse is the host objects of a name.
type QueryDnsHostResponse struct {
	Meta
	DNSHostList []DNSHost `wire:"DnsHostList,must,item=DnsHost,bare" doc:"the hosts"`
}

// SaveSingleTaskForCreatingDnsHostRequest makes a host object.
type SaveSingleTaskForCreatingDnsHostRequest struct {
	InstanceID string   `wire:"InstanceId,required" doc:"the name's instance"`
	DNSName    string   `wire:"DnsName,required" doc:"the host's label below the name, ns1 say"`
	IP         []string `wire:"Ip,required,items=13" doc:"its addresses"`
	Common
}

// SaveSingleTaskForModifyingDnsHostRequest gives a host object other addresses.
type SaveSingleTaskForModifyingDnsHostRequest struct {
	InstanceID string   `wire:"InstanceId,required" doc:"the name's instance"`
	DNSName    string   `wire:"DnsName,required" doc:"the host's label below the name, ns1 say"`
	IP         []string `wire:"Ip,required,items=13" doc:"all its addresses from now on"`
	Common
}

// SaveSingleTaskForDeletingDnsHostRequest deletes a host object. Delegations
// that name it break (RFC 9874).
type SaveSingleTaskForDeletingDnsHostRequest struct {
	InstanceID string `wire:"InstanceId,required" doc:"the name's instance, called its sale ID too"`
	DNSName    string `wire:"DnsName,required" doc:"the host's label below the name, ns1 say"`
	Common
}

// SaveSingleTaskForSynchronizingDnsHostRequest reads the host objects of a
// name from the registry anew, where hosts are missing or differ.
type SaveSingleTaskForSynchronizingDnsHostRequest struct {
	InstanceID string `wire:"InstanceId,required" doc:"the name's instance"`
	Common
}
