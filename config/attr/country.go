package attr

import (
	"fmt"
	"strings"
)

// countries are the codes of countries that are assigned officially (ISO
// 3166-1, two letters, with the changes up to newsletter VI-16). Reserved codes
// and those left to users, such as UK, EU and XK, are not among them.
const countries = `
	AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO
	BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ
	DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP
	GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG
	KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML
	MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE
	PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL
	SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM
	US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
`

// otherCodes are codes that people write for a country whose code is another:
// reserved ones, those of the European Union, and former ones (ISO 3166-3) of
// which one country is the successor.
var otherCodes = map[string]string{
	"UK": "GB", "EL": "GR", "FX": "FR", "BU": "MM", "DD": "DE", "TP": "TL", "ZR": "CD",
	"DY": "BJ", "HV": "BF", "RH": "ZW", "NH": "VU", "VD": "VN", "YD": "YE",
}

// isCountryCode reports whether a code in upper case is that of a country.
func isCountryCode(code string) bool {
	for country := range strings.FieldsSeq(countries) {
		if country == code {
			return true
		}
	}
	return false
}

// checkCountry says what is wrong with the country of a contact, "" for
// nothing. It is the one place that decides: contacts and registrant profiles
// in files and tables come through here, and what the service shows does not.
func checkCountry(code string) string {
	switch other := otherCodes[code]; {
	case isCountryCode(code):
		return ""
	case other != "":
		return fmt.Sprintf("%q is the code of no country (ISO 3166-1): write %q.", code, other)
	case len(code) == 2 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "":
		return fmt.Sprintf("%q is the code of no country (ISO 3166-1); that of the United Kingdom, say, is \"GB\".", code)
	}
	return fmt.Sprintf("%q is no country: write its two letters (ISO 3166-1), such as \"GB\".", code)
}
