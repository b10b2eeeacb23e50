package simulator_test

import (
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

const (
	wallet  = "0x00000000000000000000000000000000000000aA"
	another = "0x00000000000000000000000000000000000000bB"
)

// bindWallet binds a wallet to a name of the account glued.
func bindWallet(w *world) {
	w.Helper()
	w.succeeded(ask[wire.TaskResponse](w, &wire.SaveSingleTaskForAssociatingEnsRequest{DomainName: "example.art", Address: wallet}))
}

// wallets checks what the Ethereum Name Service and the service have.
func wallets(w *world, ens, local string) {
	w.Helper()
	if got := ask[wire.QueryEnsAssociationResponse](w, &wire.QueryEnsAssociationRequest{DomainName: "example.art"}).Address; got != ens {
		w.Errorf("the ENS has %q, want %q", got, ens)
	}
	if got := ask[wire.QueryLocalEnsAssociationResponse](w, &wire.QueryLocalEnsAssociationRequest{DomainName: "example.art"}).Address; got != local {
		w.Errorf("the service has %q, want %q", got, local)
	}
}

var ensBehaviours = map[string]behaviour{
	"QueryEnsAssociation": {
		account: glued(),
		good: func(w *world) wire.Request {
			bindWallet(w)
			return &wire.QueryEnsAssociationRequest{DomainName: "example.art"}
		},
		seen: seen(func(w *world, answer *wire.QueryEnsAssociationResponse) {
			if answer.Address != wallet {
				w.Errorf("got %q", answer.Address)
			}
		}),
		refused: []refusal{
			{&wire.QueryEnsAssociationRequest{DomainName: "other.art"}, "DomainNotExist"},
			{&wire.QueryEnsAssociationRequest{DomainName: "example.com"}, "DomainSuffixUnsupported"},
		},
		others: map[string]func(*world){
			"no wallet":                func(w *world) { wallets(w, "", "") },
			"a wallet of the snapshot": loadedWallet,
			"the holder sets another one": func(w *world) {
				bindWallet(w)
				w.s.Change("example.art", func(d *snapshot.Domain) { d.ENSAddress = new(another) })
				wallets(w, another, wallet)
			},
		},
	},
	"QueryLocalEnsAssociation": {
		account: glued(),
		good: func(w *world) wire.Request {
			bindWallet(w)
			return &wire.QueryLocalEnsAssociationRequest{DomainName: "example.art"}
		},
		seen: seen(func(w *world, answer *wire.QueryLocalEnsAssociationResponse) {
			if answer.Address != wallet {
				w.Errorf("got %q", answer.Address)
			}
		}),
		refused: []refusal{
			{&wire.QueryLocalEnsAssociationRequest{DomainName: "other.art"}, "DomainNotExist"},
			{&wire.QueryLocalEnsAssociationRequest{DomainName: "example.com"}, "DomainSuffixUnsupported"},
		},
	},
	"SaveSingleTaskForAssociatingEns": {
		account: glued(),
		good:    given(&wire.SaveSingleTaskForAssociatingEnsRequest{DomainName: "example.art", Address: wallet}),
		seen:    saves(func(w *world) { wallets(w, wallet, wallet) }),
		refused: []refusal{
			{&wire.SaveSingleTaskForAssociatingEnsRequest{DomainName: "other.art", Address: wallet}, "DomainNotExist"},
			{&wire.SaveSingleTaskForAssociatingEnsRequest{DomainName: "example.com", Address: wallet}, "DomainSuffixUnsupported"},
			{&wire.SaveSingleTaskForAssociatingEnsRequest{DomainName: "example.art", Address: wallet[2:]}, "InvalidAddress"},
			{&wire.SaveSingleTaskForAssociatingEnsRequest{DomainName: "example.art", Address: wallet + "00"}, "InvalidAddress"},
			{&wire.SaveSingleTaskForAssociatingEnsRequest{DomainName: "example.art", Address: wallet[:40] + "zz"}, "InvalidAddress"},
		},
		others: map[string]func(*world){
			"a second wallet replaces the first": func(w *world) {
				bindWallet(w)
				w.call(&wire.SaveSingleTaskForAssociatingEnsRequest{DomainName: "example.art", Address: another})
				wallets(w, another, another)
			},
		},
	},
	"SaveSingleTaskForDisassociatingEns": {
		account: glued(),
		good: func(w *world) wire.Request {
			bindWallet(w)
			return &wire.SaveSingleTaskForDisassociatingEnsRequest{DomainName: "example.art"}
		},
		seen: saves(func(w *world) { wallets(w, "", "") }),
		refused: []refusal{
			{&wire.SaveSingleTaskForDisassociatingEnsRequest{DomainName: "other.art"}, "DomainNotExist"},
			{&wire.SaveSingleTaskForDisassociatingEnsRequest{DomainName: "example.com"}, "DomainSuffixUnsupported"},
		},
		others: map[string]func(*world){
			"no wallet": failing(&wire.SaveSingleTaskForDisassociatingEnsRequest{DomainName: "example.art"}, "No wallet"),
		},
	},
}

// loadedWallet: what the ENS had at first the service's books have, too.
func loadedWallet(w *world) {
	a := glued()
	a.Domains[3].ENSAddress = new(wallet)
	w.s.Load(a)
	wallets(w, wallet, wallet)
	w.s.Change("example.art", func(d *snapshot.Domain) { d.ENSAddress = new(another) })
	wallets(w, another, wallet)
}
