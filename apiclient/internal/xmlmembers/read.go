// Package xmlmembers reads answers in XML for tests, as official clients do.
package xmlmembers

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
)

// JSON returns the members of an XML text as JSON: an element is a text, an
// object of its elements, or a list where a name is repeated. root is the name
// of the outermost one.
func JSON(body []byte) (root string, members []byte, err error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := d.Token()
		if err != nil {
			return "", nil, err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		value, err := element(d)
		if err != nil {
			return "", nil, err
		}
		members, err = json.Marshal(value)
		return start.Name.Local, members, err
	}
}

func element(d *xml.Decoder) (any, error) {
	var text strings.Builder
	members := map[string]any{}
	for {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.CharData:
			text.Write(token)
		case xml.StartElement:
			value, err := element(d)
			if err != nil {
				return nil, err
			}
			name := token.Name.Local
			switch before := members[name].(type) {
			case nil:
				members[name] = value
			case []any:
				members[name] = append(before, value)
			default:
				members[name] = []any{before, value}
			}
		case xml.EndElement:
			if len(members) > 0 {
				return members, nil
			}
			return text.String(), nil
		}
	}
}
