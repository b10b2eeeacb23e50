package journal

import "testing"

// TestUnpackerGoesOn holds that one unpacker reads one record after the other, large
// and small, also after one that is damaged.
func TestUnpackerGoesOn(t *testing.T) {
	t.Parallel()
	var u unpacker
	large := make([]byte, 1<<20)
	for i := range large {
		large[i] = byte(i * i >> 7)
	}
	for _, data := range [][]byte{[]byte("a"), large, {}, []byte("the last one")} {
		packed := must[[]byte](t)(pack(data))
		for _, damaged := range [][]byte{packed[:len(packed)-1], packed[:5], {}, []byte("no gzip at all")} {
			if got, err := u.unpack(damaged); err == nil {
				t.Errorf("%d damaged bytes were read as %d", len(damaged), len(got))
			}
		}
		if got, err := u.unpack(packed); err != nil || string(got) != string(data) {
			t.Errorf("%d bytes came back as %d (%v)", len(data), len(got), err)
		}
	}
}
