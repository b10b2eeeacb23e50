package wire

// ArtExtension describes the work of art behind a .art name, in free words.
type ArtExtension struct {
	ObjectType              string `wire:"ObjectType,tell" doc:"kind of object"`
	MaterialsAndTechniques  string `wire:"MaterialsAndTechniques,tell" doc:"what it is made of, and how"`
	Dimensions              string `wire:"Dimensions,tell" doc:"its size with the unit"`
	Title                   string `wire:"Title,tell" doc:"its title"`
	DateOrPeriod            string `wire:"DateOrPeriod,tell" doc:"when it was made: a date or a period"`
	Maker                   string `wire:"Maker,tell" doc:"who made it"`
	InscriptionsAndMarkings string `wire:"InscriptionsAndMarkings,tell" doc:"what is written on it"`
	Subject                 string `wire:"Subject,tell" doc:"what it shows"`
	Features                string `wire:"Features,tell" doc:"what sets it apart"`
	Reference               string `wire:"Reference,tell" doc:"where it is described"`
}

// SaveSingleTaskForSaveArtExtensionRequest sets the description of a .art
// name. Whether it clears what is left out is not documented: send a whole one.
type SaveSingleTaskForSaveArtExtensionRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	ArtExtension
	CommonLang
}

// QueryArtExtensionRequest asks for the description of a .art name.
type QueryArtExtensionRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Common
}

// QueryArtExtensionResponse is the description of a .art name. The reference
// calls Title a number; its samples show text.
type QueryArtExtensionResponse struct {
	Meta
	ArtExtension
}
