package snapshot

import (
	"encoding/json"
	"fmt"
	"math/bits"
)

// factWords are the facts in files, and for people, in the order of their bits.
// Files of users hold those of the first column: they never change.
var factWords = [numFacts]struct{ word, name string }{
	{"listed", "the list of names"},
	{"nameservers", "nameservers"},
	{"transfer_lock", "the transfer lock"},
	{"ds_records", "DS records"},
	{"hosts", "hosts"},
	{"privacy", "privacy"},
	{"ens_address", "the wallet"},
	{"art", "the work of art"},
	{"registrant", "the registrant contact"},
	{"admin", "the admin contact"},
	{"billing", "the billing contact"},
	{"tech", "the tech contact"},
	{"holder", "the state of the registrant"},
	{"emails", "the account's e-mail addresses"},
	{"expiry", "expiry"},
	{"transfer_out", "transfer out"},
	{"status", "status"},
	{"presence", "whether the name can be registered"},
	{"registrant_profiles", "the account's registrant profiles"},
	{"quote", "what the service asks for the name"},
	{"update_lock", "the update lock"},
	{"price_kind", "whether it is a premium name"},
	{"auto_renew", "whether the service renews it by itself"},
	{"others_tasks", "the account's open tasks"},
	{"past_orders", "what others have ordered"},
	{"renewal_price", "what a renewal costs"},
	{"arrival", "whether it is on its way into the account"},
	{"transferable", "whether it can be transferred into the account"},
}

// infoWord stands for all of [Info].
const infoWord = "info"

var factsByWord = func() map[string]Facts {
	all := map[string]Facts{infoWord: Info}
	for i, f := range factWords {
		all[f.word] = 1 << i
	}
	return all
}()

// Names returns the facts in words for people.
func (f Facts) Names() []string {
	var names []string
	for i := range factWords {
		if f&(1<<i) != 0 {
			names = append(names, factWords[i].name)
		}
	}
	return names
}

// Words returns the facts in the words of files. Those that the information about
// a name tells are one word where they are all there.
func (f Facts) Words() []string {
	words := make([]string, 0, bits.OnesCount32(uint32(f)))
	if f&Info == Info {
		words = append(words, infoWord)
		f &^= Info
	}
	for i := range factWords {
		if f&(1<<i) != 0 {
			words = append(words, factWords[i].word)
		}
	}
	return words
}

// factsOfWord returns the facts that a word of files stands for; ok is false for
// others.
func factsOfWord(word string) (f Facts, ok bool) {
	f, ok = factsByWord[word]
	return f, ok
}

// MarshalJSON returns the facts as a list of words.
func (f Facts) MarshalJSON() ([]byte, error) { return json.Marshal(f.Words()) }

// JSONShape tells that facts are a list of words in JSON.
func (Facts) JSONShape() any { return []string{} }

// UnmarshalJSON reads a list of words, or a number as former versions wrote it: the
// sum of 1 for the first fact, 2 for the next, and so on.
func (f *Facts) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] != '[' {
		return json.Unmarshal(data, (*uint32)(f))
	}
	var words []string
	if err := json.Unmarshal(data, &words); err != nil {
		return err
	}
	*f = 0
	for _, word := range words {
		facts, ok := factsOfWord(word)
		if !ok {
			return fmt.Errorf("%q is no fact that this program knows", word)
		}
		*f |= facts
	}
	return nil
}
