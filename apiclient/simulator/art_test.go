package simulator_test

import (
	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/wire"
)

var painting = wire.ArtExtension{
	ObjectType: "painting", MaterialsAndTechniques: "oil on wood", Dimensions: "20 x 30 cm", Title: "Untitled & <blue>",
	DateOrPeriod: "about 1900", Maker: "unknown", InscriptionsAndMarkings: "none", Subject: "a harbour",
	Features: "a tear", Reference: "catalogue 12",
}

func (w *world) art() wire.ArtExtension {
	w.Helper()
	return ask[wire.QueryArtExtensionResponse](w, &wire.QueryArtExtensionRequest{DomainName: "example.art"}).ArtExtension
}

var artBehaviours = map[string]behaviour{
	"QueryArtExtension": {
		account: glued(),
		good:    given(&wire.QueryArtExtensionRequest{DomainName: "example.art"}),
		seen: seen(func(w *world, answer *wire.QueryArtExtensionResponse) {
			if answer.ArtExtension != (wire.ArtExtension{}) {
				w.Errorf("got %+v of a name without a description", answer)
			}
		}),
		refused: []refusal{
			{&wire.QueryArtExtensionRequest{DomainName: "other.art"}, "DomainNotExist"},
			{&wire.QueryArtExtensionRequest{DomainName: "example.com"}, "DomainSuffixUnsupported"},
		},
	},
	"SaveSingleTaskForSaveArtExtension": {
		account: glued(),
		good:    given(&wire.SaveSingleTaskForSaveArtExtensionRequest{DomainName: "example.art", ArtExtension: painting}),
		seen: saves(func(w *world) {
			if diff := cmp.Diff(painting, w.art()); diff != "" {
				w.Error(diff)
			}
		}),
		refused: []refusal{
			{&wire.SaveSingleTaskForSaveArtExtensionRequest{DomainName: "other.art", ArtExtension: painting}, "DomainNotExist"},
			{&wire.SaveSingleTaskForSaveArtExtensionRequest{DomainName: "example.com", ArtExtension: painting}, "DomainSuffixUnsupported"},
		},
		others: map[string]func(*world){
			"what is left out is gone": func(w *world) {
				w.call(&wire.SaveSingleTaskForSaveArtExtensionRequest{DomainName: "example.art", ArtExtension: painting})
				title := wire.ArtExtension{Title: "Blue"}
				w.call(&wire.SaveSingleTaskForSaveArtExtensionRequest{DomainName: "example.art", ArtExtension: title})
				if diff := cmp.Diff(title, w.art()); diff != "" {
					w.Error(diff)
				}
			},
		},
	},
}
