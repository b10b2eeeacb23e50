package simulator

import (
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

var artSuffix = map[string]bool{"art": true}

func (s *Simulator) artExtension(c *call, r *wire.QueryArtExtensionRequest) (wire.Response, error) {
	d, err := s.withSuffix(r.DomainName, artSuffix)
	if err != nil {
		return nil, err
	}
	answer := &wire.QueryArtExtensionResponse{Meta: c.meta()}
	if d.Art != nil {
		answer.ArtExtension = wire.ArtExtension(*d.Art)
	}
	return answer, nil
}

// saveArtExtension replaces the whole description: what the call leaves out is
// gone.
func (s *Simulator) saveArtExtension(c *call, r *wire.SaveSingleTaskForSaveArtExtensionRequest) (wire.Response, error) {
	if _, err := s.withSuffix(r.DomainName, artSuffix); err != nil {
		return nil, err
	}
	art := snapshot.Art(r.ArtExtension)
	return s.saveSingle(c, r.DomainName, effect{
		apply: func(d *snapshot.Domain) { d.Art = &art },
		words: func(d *snapshot.Domain) string { return d.Art.Title },
	})
}
