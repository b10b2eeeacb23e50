package attr

import (
	"fmt"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
)

// twoDigitCodes are the calling codes of two digits. Those of one are 1 and 7,
// all others have three (ITU-T E.164, list of assigned codes).
const twoDigitCodes = " 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 "

// callingCode returns the calling code that digits begin with, "" for none.
func callingCode(digits string) string {
	switch {
	case digits == "" || digits[0] == '0':
		return ""
	case digits[0] == '1' || digits[0] == '7':
		return digits[:1]
	case len(digits) >= 2 && strings.Contains(twoDigitCodes, " "+digits[:2]+" "):
		return digits[:2]
	case len(digits) >= 3:
		return digits[:3]
	}
	return ""
}

// SplitPhone takes the calling code off a phone number that is written for
// callers from abroad, as in "+44 (0)20 7946 0000", "0044 20…" or "+44.2079460000".
// Of other numbers the code is "": those within a country, and what is no number
// alone, such as one with an extension or two of them, whose digits together
// would be a third one.
func SplitPhone(text string) (code, number string) {
	text = strings.TrimSpace(text)
	digits := snapshot.PhoneDigits(text)
	bare := strings.TrimLeft(text, "( ")
	if !strings.HasPrefix(bare, "+") && !strings.HasPrefix(digits, "00") || onlyDigits(digits) != digits || strings.LastIndex(bare, "+") > 0 {
		return "", text
	}
	if strings.Contains(text, "(0)") { // dialled within the country only
		digits = onlyDigits(strings.Replace(text, "(0)", "", 1))
	}
	digits = strings.TrimLeft(digits, "0")
	code = callingCode(digits)
	return code, digits[len(code):]
}

// checkNational says what is wrong with how a phone number is written: the
// service has a member of its own for the calling code.
func checkNational(text string) string {
	code, number := SplitPhone(text)
	switch {
	case code != "" && number != "":
		return fmt.Sprintf("%q has the calling code of its country: write phone_country_code = %q and phone = %q.", text, code, number)
	case strings.HasPrefix(onlyDigits(text), "00"), strings.Contains(text, "+"):
		return fmt.Sprintf("%q is no phone number within a country: write its digits without the calling code.", text)
	case strings.Contains(text, "(0)"):
		return fmt.Sprintf("%q has a 0 in brackets, which is dialled within the country only: write the digits that follow the calling code, %q.", text, onlyDigits(strings.Replace(text, "(0)", "", 1)))
	}
	return ""
}

// repeatsCode says what is wrong with a phone number that begins with the calling
// code beside it, as a word of its own; "" for nothing.
func repeatsCode(text, code string) string {
	rest, begins := strings.CutPrefix(strings.TrimLeft(text, " ("), code)
	if code == "" || !begins || rest == "" || !strings.ContainsAny(rest[:1], " -./)") || onlyDigits(rest) == "" {
		return ""
	}
	return fmt.Sprintf("%q begins with the calling code that phone_country_code has: write the number without it, %q.", text, onlyDigits(rest))
}

// checkCallingCode says what is wrong with a calling code.
func checkCallingCode(text string) string {
	if why := checkDigits(text); why != "" {
		return why
	}
	switch code := callingCode(text); code {
	case text:
		return ""
	case "":
		return fmt.Sprintf("%q is no calling code of a country, such as \"44\" (ITU-T E.164).", text)
	default:
		return fmt.Sprintf("%q is no calling code of a country (ITU-T E.164): write phone_country_code = %q, and the other digits at the start of phone.", text, code)
	}
}

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}
